# The workspace as Cargo needs it, made in /build from an action's inputs. Sourced.
# shellcheck shell=bash

# Cargo tells by times what it has to build again. So what is in a layer, and all that it was made of,
# has one time in the past, and the sources of crates that are built on top have today's.
past=@946684800

# make_workspace CRATES MANIFESTS SOURCES COMPILED LAYERS: the third-party crates in /build/vendor, the
# workspace in /build/src, with what MANIFESTS holds and the files that SOURCES lists, where a member
# without sources becomes an empty crate, and what the layers hold, separated by colons, in
# /build/target. COMPILED lists the files of SOURCES that layers were made of. With layers, CRATES is
# empty: the first of them holds what is needed of those.
make_workspace() {
    local crates=$1 manifests=$2 sources=$3 compiled=$4 layers=$5 layer
    mkdir -p /build/{vendor,src,home,target}
    [ -z "$crates" ] || unpack_crates "$crates"

    cp -r --dereference "$manifests/." /build/src
    find /build/src -exec touch -d "$past" {} +
    xargs --no-run-if-empty -a "$sources" cp --parents --dereference -t /build/src
    (cd /build/src && add_missing)
    sed 's|^|/build/src/|' "$compiled" | xargs --no-run-if-empty touch -d "$past"
    # Build scripts watch folders, too.
    find /build/src -type d -exec touch -d "$past" {} +
    # They watch folders of third-party crates, too, whose files are not all together in an archive.
    for layer in ${layers//:/ }; do
        tar -x --no-same-owner --delay-directory-restore --zstd -f "$layer" -C /build
    done
    use_vendor
}

# use_vendor: Cargo takes crates from /build/vendor, and builds in /build/target.
use_vendor() {
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

# unpack_crates CRATES
unpack_crates() {
    local hash archive
    while read -r hash archive; do
        tar -xz --no-same-owner -f "$1/$archive" -C /build/vendor
        echo "{\"package\":\"$hash\",\"files\":{}}" >"/build/vendor/${archive%.crate}/.cargo-checksum.json"
    done <"$1/SHA256SUMS"
    find /build/vendor -exec touch --no-dereference -d "$past" {} +
}

# empty_crates: leaves of the crates what Cargo wants of those that are compiled already: manifests, names
# of the files that build scripts watch, and folders that build scripts had the linker search.
empty_crates() {
    local folder kept=()
    while read -r folder; do
        kept+=(! -path "$folder/*")
    done < <(find /build/target -path '*/build/*/output' -type f -exec \
        sed -n 's|^cargo:*rustc-link-search=native=\(/build/vendor/.*\)|\1|p' {} + | sort -u)
    find /build/vendor -type f ! -name Cargo.toml ! -name .cargo-checksum.json "${kept[@]}" \
        -exec truncate --size=0 {} +
}

# add_missing: what manifests in the working directory name has to exist.
add_missing() {
    local manifest
    for manifest in rust/*/Cargo.toml; do
        [ -d "${manifest%/*}/src" ] || empty_member "${manifest%/*}"
        empty_tests "${manifest%/*}"
    done
}

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
