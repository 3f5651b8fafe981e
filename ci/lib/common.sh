# Words and paths that all parts of ./dev share. Sourced.
# shellcheck shell=bash

SUPACRYPT_CACHE=${SUPACRYPT_CACHE:-$HOME/.cache/supacrypt}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$SUPACRYPT_CACHE/target}
mkdir -p "$SUPACRYPT_CACHE/times"

# Progress goes to stderr: stdout belongs to what a verb prints for others to read.
say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# step NAME COMMAND...: runs a command; says how long it took, and how long last time.
step() {
    local name=$1 start took last record
    shift
    record=$SUPACRYPT_CACHE/times/${name//[^[:alnum:]]/-}
    say "── $name"
    start=$(date +%s)
    "$@" || die "$name failed"
    took=$(($(date +%s) - start))
    last=$(cat "$record" 2>/dev/null || echo none)
    echo "$took" >"$record"
    if [ "$last" = none ]; then
        say "   $name: $took s"
    else
        say "   $name: $took s (last time $last s)"
    fi
}

# timed NAME COMMAND...: one line with the time in milliseconds; the output only if it fails.
timed() {
    local name=$1 start end output
    shift
    start=$(date +%s%N)
    if ! output=$("$@" 2>&1); then
        say "$output"
        die "$name failed"
    fi
    end=$(date +%s%N)
    printf '%6d ms  %s\n' $(((end - start) / 1000000)) "$name"
}
