# The workspace as Cargo needs it, made in /build from an action's inputs. Sourced.
# shellcheck shell=bash

# Cargo tells by times what it has to build again. So what is in a layer, and all that it was made of,
# has one time in the past, and the sources of crates that are built on top have today's.
past=@946684800

# make_workspace CRATES SOURCES COMPILED LAYERS: the third-party crates in /build/vendor, the files that
# SOURCES lists in /build/src, where a member without sources becomes an empty crate, and what the
# layers hold, separated by colons, in /build/target. COMPILED lists the files of SOURCES that layers
# were made of.
make_workspace() {
    local crates=$1 sources=$2 compiled=$3 layers=$4 hash archive manifest layer
    mkdir -p /build/{vendor,src,home,target}
    while read -r hash archive; do
        tar -xz --no-same-owner -f "$crates/$archive" -C /build/vendor
        echo "{\"package\":\"$hash\",\"files\":{}}" >"/build/vendor/${archive%.crate}/.cargo-checksum.json"
    done <"$crates/SHA256SUMS"
    find /build/vendor -exec touch --no-dereference -d "$past" {} +

    xargs -a "$sources" cp --parents --dereference -t /build/src
    for manifest in /build/src/rust/*/Cargo.toml; do
        [ -d "${manifest%/*}/src" ] || empty_member "${manifest%/*}"
        empty_tests "${manifest%/*}"
    done
    sed 's|^|/build/src/|' "$compiled" | xargs --no-run-if-empty touch -d "$past"
    # Build scripts watch folders, too.
    find /build/src -type d -exec touch -d "$past" {} +
    for layer in ${layers//:/ }; do
        tar -x --no-same-owner --zstd -f "$layer" -C /build/target
    done

    cat >/build/home/config.toml <<'CONFIG'
[source.crates-io]
replace-with = "vendor"
[source.vendor]
directory = "/build/vendor"
CONFIG
    export CARGO_HOME=/build/home CARGO_TARGET_DIR=/build/target HOME=/build/home CARGO_TERM_COLOR=never
    # The time goes into objects of nasm and of the linker for Windows otherwise.
    export SOURCE_DATE_EPOCH=${past#@} ZERO_AR_DATE=1 NASMENV=--reproducible
}

# What a manifest names has to exist.
empty=$'//! Empty.\nfn main() {}'

# empty_member FOLDER
empty_member() {
    mkdir "$1/src"
    echo '//! Empty.' >"$1/src/lib.rs"
    ! grep -q '^\[build-dependencies' "$1/Cargo.toml" || echo "$empty" >"$1/build.rs"
    ! grep -q '^\[\[bin' "$1/Cargo.toml" || echo "$empty" >"$1/src/main.rs"
    find "$1" -exec touch -d "$past" {} +
}

# empty_tests FOLDER: tests and benchmarks that are named but not there.
empty_tests() {
    local named
    awk -F'"' '/^\[/ { kind = $0 } /^name/ && kind ~ /^\[\[(test|bench)/ {
        print (kind ~ /bench/ ? "benches/" : "tests/") $2 ".rs" }' "$1/Cargo.toml" |
        while read -r named; do
            mkdir -p "$1/${named%/*}"
            [ -e "$1/$named" ] || { echo "$empty" >"$1/$named" && touch -d "$past" "$1/$named"; }
        done
}

# quietly COMMAND...: its output goes to /build/log, and is shown if it fails.
quietly() {
    "$@" >/build/messages 2>/build/log || {
        cat /build/log >&2
        return 1
    }
}
