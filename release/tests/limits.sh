# What the checks of a release's files share. Sourced.
# shellcheck shell=bash

wrong() {
    echo "$*" >&2
    exit 1
}

# equal WHAT WANTED GOT
equal() { [ "$2" = "$3" ] || wrong "$1: '$3', not '$2'"; }

# only WHAT PATTERN LINES: each of the lines matches, and there is one at least.
only() {
    local others
    [ -n "$3" ] || wrong "$1 nothing that can be read"
    others=$(grep -viE "$2" <<<"$3" | paste -sd' ' || true)
    [ -z "$others" ] || wrong "$1 $others"
}

# MiB that a module may have: docs/decisions/0011-a-profile-for-releases.md.
# shellcheck disable=SC2034 # for those who source this
module_mib=6

# small_enough FILE MIB
small_enough() {
    local size limit=$(($2 * 1024 * 1024))
    size=$(stat -L -c %s "$1")
    echo "$1: $size bytes"
    [ "$size" -le "$limit" ] || wrong "$1 has $size bytes, and may have $limit"
}
