# Releases. Sourced.
# shellcheck shell=bash

release() {
    local verify='' json=''
    while [ $# -gt 0 ]; do
        case $1 in
            --verify) verify=1 ;;
            --json) json=1 ;;
            *) die "release does not know '$1'; it takes --verify and --json" ;;
        esac
        shift
    done
    need_sdk_packages
    cd "$SUPACRYPT_ROOT"
    local commit epoch
    commit=$(git rev-parse HEAD)
    epoch=$(git show --no-patch --format=%ct HEAD)
    if [ -n "$(git status --porcelain)" ]; then
        say "warning: the checkout has changes that are not committed; the release says so in its version"
        commit+=-dirty
    fi
    in_sdk true
    step "release" in_sdk ci/release/build.sh /src dist "$commit" "$epoch"
    if [ -n "$verify" ]; then
        step "release, once more" in_sdk ci/release/rebuild.sh "$commit" "$epoch"
    fi
    if [ -n "$json" ]; then
        # shellcheck disable=SC2016  # jq's
        released | jq -nR --arg commit "$commit" '{commit: $commit, files: [inputs / " " | {name: .[0], bytes: .[1] | tonumber, sha256: .[2]}]}'
    else
        { echo "file bytes SHA-256" && released; } | column -t
    fi
}

# Name, size and hash of each file of the release.
released() {
    local hash name
    while read -r hash name; do
        echo "$name $(stat -c %s "dist/$name") $hash"
    done <dist/SHA256SUMS
}
