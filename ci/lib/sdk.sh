# The root that releases are built in. Sourced.
# shellcheck shell=bash

sdk() {
    need_sdk_packages
    case ${1:-} in
        lock) "$SUPACRYPT_ROOT/ci/sdk/lock.sh" "$(debian_mirror)" ;;
        image) sdk_image ;;
        '') in_sdk bash ;;
        *) in_sdk "$@" ;;
    esac
}

# in_sdk COMMAND...: runs a command in the root, which is made if need be.
in_sdk() {
    local root cache=$SUPACRYPT_CACHE/sdk/cache
    root=$(sdk_root)
    [ -d "$root" ] || step "SDK root" make_sdk_root "$root"
    mkdir -p "$cache"
    as_root "$SUPACRYPT_ROOT/ci/sdk/enter.sh" "$root" "$SUPACRYPT_ROOT" "$cache" "$@"
}

# For hosts that are not Debian.
sdk_image() {
    local name
    name=$(basename "$(sdk_root)")
    in_sdk true
    step "SDK image" in_sdk ci/sdk/image.sh /cache/supacrypt-sdk.tar "supacrypt-sdk-${name#root-}"
    cat <<DONE
$SUPACRYPT_CACHE/sdk/cache/supacrypt-sdk.tar holds the image. Elsewhere, in a checkout:

  podman load --input supacrypt-sdk.tar
  podman run --rm -it --privileged --volume .:/src --volume supacrypt-cache:/cache IMAGE \\
      bazel build //release:dist

Privileged: Bazel's sandbox makes namespaces of its own.
DONE
}

# Named after all that it is made from, so that another lock means another root.
sdk_root() {
    local hash
    hash=$(cd "$SUPACRYPT_ROOT" && cat rust-toolchain.toml ci/sdk/*.{txt,lock} ci/sdk/make.sh | sha256sum)
    echo "$SUPACRYPT_CACHE/sdk/root-${hash:0:12}"
}

make_sdk_root() {
    local root=$1 old
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

# Makes the C headers that are checked in.
bindings() {
    local toml name
    need_sdk_packages
    cd "$SUPACRYPT_ROOT"
    for toml in bindings/c/*.toml; do
        name=$(basename "$toml" .toml)
        in_sdk cbindgen --quiet --config "$toml" \
            --output "bindings/c/supacrypt_$name.h" "rust/$name/src/vendor.rs"
    done
}
