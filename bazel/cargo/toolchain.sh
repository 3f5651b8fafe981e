# Compilers and linkers of the targets, and running Cargo with them. Sourced.
# shellcheck shell=bash

# use_toolchain TARGET [ENGINE_FLAGS]: TARGET is Rust's name of it, with the oldest glibc to run on for
# Linux releases; ENGINE_FLAGS are for the C of the crypto engine. Sets `triple`, and `build`, the
# subcommand of cargo that builds for it.
use_toolchain() {
    triple=${1%%.*} build=(build --target "$1")
    local variable=${triple//-/_} arch=${triple%%-*}
    [ -z "${2:-}" ] || export AWS_LC_SYS_CFLAGS=$2
    case $1 in
        *-linux-gnu.*) build=(zigbuild --target "$1") ;;
        *-linux-gnu) ;;
        *-windows-gnu)
            local mingw=$arch-w64-mingw32
            cp "$(dirname "${BASH_SOURCE[0]}")/dlltool.sh" /build/dlltool
            export DLLTOOL=$mingw-dlltool "CC_$variable=$mingw-gcc-posix" "CXX_$variable=$mingw-g++-posix" \
                "AR_$variable=$mingw-ar" "CARGO_TARGET_${variable^^}_LINKER=$mingw-gcc-posix" \
                "CARGO_TARGET_${variable^^}_RUSTFLAGS=-Cdlltool=/build/dlltool -Clink-arg=-Wl,--no-insert-timestamp -Clink-arg=-static-libgcc"
            ;;
        *-apple-darwin)
            export SDKROOT=/opt/macos-sdk MACOSX_DEPLOYMENT_TARGET=11.0 \
                "CC_$variable=clang" "CXX_$variable=clang++" "AR_$variable=llvm-ar" \
                "CARGO_TARGET_${variable^^}_LINKER=/build/ld64" \
                "CARGO_TARGET_${variable^^}_RUSTFLAGS=-Clinker-flavor=ld64.lld"
            cp "$(dirname "${BASH_SOURCE[0]}")/ld64.sh" /build/ld64
            ;;
        *) echo "bazel/cargo/toolchain.sh knows no linker for $1" >&2 && return 1 ;;
    esac
}

# run_cargo PROFILE PACKAGES [OPTION...]: builds the packages, separated by commas; for the profile
# `test` their tests.
#
# It is always all of them, so that features are the same on a layer as in it. Those whose sources are
# not here are empty and cost next to nothing.
run_cargo() {
    local selected=() name profile=$1
    for name in ${2//,/ }; do selected+=(-p "$name"); done
    shift 2
    if [ "$profile" = test ]; then
        cargo test --no-run --frozen --target "$triple" "${selected[@]}" "$@"
    else
        cargo "${build[@]}" --frozen --profile "$profile" "${selected[@]}" "$@"
    fi
}
