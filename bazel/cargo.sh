#!/usr/bin/env bash
# cargo.sh TRIPLE PACKAGES CRATES LAYER OUTPUT SOURCES [FILE]: one action of cargo.bzl.
#
# Builds in /build, which is empty and the same path in every action. Without FILE the output is a
# layer: the target directory after building the workspace's crates as empty ones. With it the output
# is that file, built on such a layer.
#
# Cargo tells by times what it has to build again. So what is in a layer, and all that it was made of,
# has one time in the past, and the sources of crates that are built on top have today's.
set -euo pipefail
target=$1 packages=$2 crates=$PWD/$3 layer=$4 output=$PWD/$5 sources=$6 file=${7:-}
[ "$layer" = - ] || layer=$PWD/$layer
triple=${target%%.*}
past=@946684800
empty=$'//! Empty.\nfn main() {}'

mkdir -p /build/{vendor,src,home,target}
while read -r hash archive; do
    tar -xz --no-same-owner -f "$crates/$archive" -C /build/vendor
    echo "{\"package\":\"$hash\",\"files\":{}}" >"/build/vendor/${archive%.crate}/.cargo-checksum.json"
done <"$crates/SHA256SUMS"

xargs -a "$sources" cp --parents --dereference -t /build/src
# A member whose sources are not here is an empty crate.
cd /build/src
for manifest in rust/*/Cargo.toml; do
    member=${manifest%/Cargo.toml}
    [ ! -d "$member/src" ] || continue
    mkdir -p "$member/src"
    echo '//! Empty.' >"$member/src/lib.rs"
    ! grep -q '^\[build-dependencies' "$manifest" || echo "$empty" >"$member/build.rs"
    ! grep -q '^\[\[bin' "$manifest" || echo "$empty" >"$member/src/main.rs"
    find "$member" -exec touch -d "$past" {} +
done
# Tests and benchmarks that a manifest names have to exist.
for manifest in rust/*/Cargo.toml; do
    awk -F'"' '/^\[/ { kind = $0 } /^name/ && kind ~ /^\[\[(test|bench)/ {
        gsub(/[][]/, "", kind); print (kind == "bench" ? "benches/" : "tests/") $2 ".rs" }' "$manifest" |
        while read -r named; do
            mkdir -p "$(dirname "${manifest%/Cargo.toml}/$named")"
            echo "$empty" >"${manifest%/Cargo.toml}/$named"
        done
done
find /build/vendor -exec touch --no-dereference -d "$past" {} +
[ "$layer" = - ] || tar -x --no-same-owner --zstd -f "$layer" -C /build/target

cat >/build/home/config.toml <<'CONFIG'
[source.crates-io]
replace-with = "vendor"
[source.vendor]
directory = "/build/vendor"
CONFIG
export CARGO_HOME=/build/home CARGO_TARGET_DIR=/build/target HOME=/build/home CARGO_TERM_COLOR=never
export SOURCE_DATE_EPOCH=${past#@} ZERO_AR_DATE=1

build=(build)
case $triple in
    *-linux-gnu)
        build=(zigbuild)
        triple=$target
        ;;
    x86_64-pc-windows-gnu | i686-pc-windows-gnu)
        mingw=${triple%%-*}-w64-mingw32
        underscored=${triple//-/_}
        export "CC_$underscored=$mingw-gcc-posix" "CXX_$underscored=$mingw-g++-posix" \
            "AR_$underscored=$mingw-ar" "CARGO_TARGET_${underscored^^}_LINKER=$mingw-gcc-posix" \
            "CARGO_TARGET_${underscored^^}_RUSTFLAGS=-Clink-arg=-Wl,--no-insert-timestamp -Clink-arg=-static-libgcc"
        ;;
esac

# Always all of them, so that features are the same as in the layer; those whose sources are not here
# are empty and cost next to nothing.
selected=()
for name in ${packages//,/ }; do selected+=(-p "$name"); done
cargo "${build[@]}" --frozen --release --target "$triple" "${selected[@]}" >/build/log 2>&1 || {
    cat /build/log >&2
    exit 1
}

if [ -n "$file" ]; then
    if third=$(grep Compiling /build/log | grep -v 'supacrypt-'); then
        echo "not in the layer, compiled again: $third" >&2
    fi
    cp "/build/target/${target%%.*}/release/$file" "$output"
else
    tar -c --zstd --sort=name --mtime="$past" --owner=0 --group=0 --numeric-owner -C /build/target -f "$output" .
fi
