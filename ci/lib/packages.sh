# Installing what a verb needs. Sourced.
# shellcheck shell=bash

# Two tools of the same version everywhere, built from source into the cache.
CARGO_DENY_VERSION=0.19.0

# need PACKAGE...: installs the Debian packages that are missing.
need() {
    local missing=() package
    for package in "$@"; do
        if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
            missing+=("$package")
        fi
    done
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null ||
        die "these are needed: ${missing[*]}. Install them as your system does; only Debian's apt-get is known here"
    say "installing ${missing[*]}"
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "installing needs root or sudo: apt-get install ${missing[*]}"
        root=(sudo)
    fi
    if [ -z "${SUPACRYPT_APT_UPDATED:-}" ]; then
        "${root[@]}" apt-get update -qq >&2
        export SUPACRYPT_APT_UPDATED=1
    fi
    # Services that a package brings, such as nginx's own, must not start on this machine.
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

need_build_packages() {
    command -v cargo >/dev/null || die "cargo is missing; install rustup, which brings it"
    need gcc g++ make cmake pkg-config jq
    local channel
    channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' "$SUPACRYPT_ROOT/rust-toolchain.toml")
    if command -v rustup >/dev/null && ! rustup toolchain list | grep -q "^$channel"; then
        say "installing the Rust toolchain $channel"
        rustup toolchain install "$channel" --profile minimal -c rustfmt -c clippy >&2
    fi
}

# What `cargo test` looks for: an HSM in software, and what stands for the key services of clouds.
need_test_packages() {
    need softhsm2 python3-venv
    python_emulator moto
}

# python_emulator NAME: makes the environment of ci/emulators/NAME.txt where tests look for it, unless it is
# there as the list has it now.
python_emulator() {
    local list=$SUPACRYPT_ROOT/ci/emulators/$1.txt venv=$SUPACRYPT_CACHE/emulators/$1
    cmp -s "$list" "$venv/made-of.txt" && return
    say "installing $1"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --require-hashes -r "$list" >&2
    cp "$list" "$venv/made-of.txt"
}

# The tools that ./dev up shows.
need_up_packages() { need opensc gnutls-bin openssl libengine-pkcs11-openssl jq; }

need_judge_packages() {
    need_up_packages
    need softhsm2 p11-kit p11-kit-modules nginx-light apache2-bin curl openssh-client openssh-server \
        openjdk-17-jdk-headless libnss3-tools osslsigncode python3-venv python3-dev procps xxd mmdebstrap
}

need_bench_packages() { need softhsm2 p11-kit p11-kit-modules openssl opensc curl jq; }

need_lint_tools() {
    need shellcheck
    local deny=$SUPACRYPT_CACHE/tools/bin/cargo-deny
    if ! "$deny" --version 2>/dev/null | grep -q " $CARGO_DENY_VERSION$"; then
        # It runs for a second, so that half the time to build it is worth more than its speed.
        step "build cargo-deny $CARGO_DENY_VERSION" env CARGO_TARGET_DIR="$SUPACRYPT_CACHE/tools/target" \
            CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
            CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
            cargo install --quiet --locked --root "$SUPACRYPT_CACHE/tools" \
            "cargo-deny@$CARGO_DENY_VERSION"
        rm -rf "$SUPACRYPT_CACHE/tools/target"
    fi
}

need_sdk_packages() {
    need mmdebstrap apt-utils curl unzip python3-venv util-linux
    command -v rustup >/dev/null || die "rustup is missing; it fetches Rust for the other systems"
}

setup() {
    need_build_packages
    need_lint_tools
    need_test_packages
    need_judge_packages
    need_bench_packages
    need_sdk_packages
    say "everything is there"
}
