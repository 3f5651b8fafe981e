# The root that releases are built in. Sourced.
# shellcheck shell=bash

sdk() {
    need_sdk_packages
    if [ "${1:-}" = lock ]; then
        "$SUPACRYPT_ROOT/ci/sdk/lock.sh" "$(debian_mirror)"
        return
    fi
    [ $# -gt 0 ] || set -- bash
    in_sdk "$SUPACRYPT_ROOT" "$SUPACRYPT_CACHE/sdk/cache" "$@"
}

# in_sdk CHECKOUT CACHE COMMAND...: runs a command in the root, which is made if need be.
in_sdk() {
    local root
    root=$(sdk_root)
    [ -d "$root" ] || step "SDK root" make_sdk_root "$root"
    mkdir -p "$2"
    as_root "$SUPACRYPT_ROOT/ci/sdk/enter.sh" "$root" "$@"
}

# Named after all that it is made from, so that another lock means another root.
sdk_root() {
    local hash
    hash=$(cd "$SUPACRYPT_ROOT" && cat rust-toolchain.toml ci/sdk/*.{txt,lock} ci/sdk/make.sh | sha256sum)
    echo "$SUPACRYPT_CACHE/sdk/root-${hash:0:12}"
}

make_sdk_root() {
    local root=$1 old
    # A Bazel that still runs in another root would lose the ground under its feet.
    for old in "$SUPACRYPT_CACHE"/sdk/root-*; do
        [ ! -x "$old/usr/bin/bazel" ] ||
            as_root "$SUPACRYPT_ROOT/ci/sdk/enter.sh" "$old" "$SUPACRYPT_ROOT" \
                "$SUPACRYPT_CACHE/sdk/cache" bazel shutdown >/dev/null 2>&1
    done
    as_root "$SUPACRYPT_ROOT/ci/sdk/make.sh" "$(debian_mirror)" "$SUPACRYPT_CACHE/sdk/debs" "$root" ||
        return
    for old in "$SUPACRYPT_CACHE"/sdk/root-*; do
        [ "$old" != "$root" ] || continue
        as_root rm -rf --one-file-system "$old"
    done
}

# The mirror that this machine gets its own packages from.
debian_mirror() {
    local site=${SUPACRYPT_DEBIAN_MIRROR:-}
    if [ -z "$site" ]; then
        # shellcheck disable=SC2016  # a format of apt's
        site=$(apt-get indextargets --format '$(SITE) $(ORIGIN) $(LABEL)' | awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
    fi
    [ -n "$site" ] || die "no Debian mirror is known; name one in SUPACRYPT_DEBIAN_MIRROR"
    echo "$site"
}

# as_root COMMAND...
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        command -v sudo >/dev/null || die "the SDK root needs root or sudo"
        sudo --preserve-env=SUPACRYPT_DEBIAN_MIRROR "$@"
    fi
}
