#!/usr/bin/env bash
# Makes the SDK root from the locks: a Debian system that builds releases. Needs root.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage="usage: make.sh MIRROR DOWNLOADS ROOT"
mirror=${1:?$usage} downloads=${2:?$usage} root=${3:?$usage}

# Everything is made aside and gets its name when it is whole.
mkdir -p "$(dirname "$root")"
work=$(mktemp -d "$root.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$downloads" "$work"/{pool,wheels,root}

locked() { grep -v '^#' "$here/$1"; }

# Names in the lock are those of the mirror's addresses, where + and ~ are written as %2b and %7e.
file_of() { sed 's/.*\///; s/%2b/+/g; s/%7e/~/g; s/%3a/:/g'; }

echo "fetching the packages of packages.lock" >&2
locked packages.lock | while read -r hash path; do
    file=$downloads/$(file_of <<<"$path")
    echo "$hash  $file" >>"$work/checksums"
    if ! sha256sum --status -c - <<<"$hash  $file" 2>/dev/null; then
        printf 'url = "%s/%s"\noutput = "%s"\n' "$mirror" "$path" "$file" >>"$work/fetch"
    fi
done
if [ -e "$work/fetch" ]; then
    curl --fail --no-progress-meter --location --retry 3 --parallel --parallel-max 8 \
        --config "$work/fetch" || {
        echo "error: a package of the lock is not on $mirror any more; name a mirror that keeps old" \
            "packages in SUPACRYPT_DEBIAN_MIRROR, or run ./dev sdk lock for today's packages" >&2
        exit 1
    }
fi
sha256sum --quiet -c "$work/checksums" >&2

echo "installing them" >&2
locked packages.lock | file_of | while read -r file; do
    ln "$downloads/$file" "$work/pool/" 2>/dev/null || cp "$downloads/$file" "$work/pool/"
done
(cd "$work/pool" && apt-ftparchive packages . >Packages)
names=$(sed 's/#.*//' "$here/packages.txt" | awk 'NF { for (i = 2; i <= NF; i++) print $i }' | paste -sd,)
mmdebstrap --quiet --variant=apt --include="$names" \
    --aptopt='APT::Install-Recommends "false"' \
    --hook-dir=/usr/share/mmdebstrap/hooks/file-mirror-automount \
    '' "$work/root" "deb [trusted=yes] file://$work/pool ./" >"$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    exit 1
}
rm -rf "$work/root"/var/cache/apt/archives/*.deb "$work/root"/var/lib/apt/lists/*

echo "installing Rust and zig" >&2
channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' "$here/../../rust-toolchain.toml")
RUSTUP_HOME=$work/root/opt/rustup rustup --quiet toolchain install "$channel" --profile minimal \
    --no-self-update --target "$(locked targets.txt | paste -sd,)" >"$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    exit 1
}
ln -s "rustup/toolchains/$channel-x86_64-unknown-linux-gnu" "$work/root/opt/rust"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" download --quiet --no-deps --require-hashes --only-binary :all: \
    --dest "$work/wheels" -r "$here/python.lock"
for wheel in "$work"/wheels/*.whl; do unzip -q "$wheel" -d "$work/wheels/all"; done
mv "$work/wheels/all/ziglang" "$work/root/opt/zig"
install -m 755 "$work"/wheels/all/*.data/scripts/cargo-zigbuild "$work/root/usr/local/bin/"
chmod 755 "$work/root/opt/zig/zig"
for tool in rust/bin/cargo rust/bin/rustc rust/bin/rustdoc zig/zig; do
    ln -s "/opt/$tool" "$work/root/usr/local/bin/"
done

# What stands for Apple's SDK: the system's headers, and the list of what its libraries export.
sdk=$work/root/opt/macos-sdk
mkdir -p "$sdk/usr/lib"
ln -s /opt/zig/lib/libc/include/any-macos-any "$sdk/usr/include"
ln -s /opt/zig/lib/libc/darwin/SDKSettings.json "$sdk/"
for library in System c m iconv; do
    ln -s /opt/zig/lib/libc/darwin/libSystem.tbd "$sdk/usr/lib/lib$library.tbd"
done

# Crates are fetched from inside, by the authorities that this machine trusts.
cp -r /usr/local/share/ca-certificates/. "$work/root/usr/local/share/ca-certificates/"
chroot "$work/root" update-ca-certificates >/dev/null 2>&1

rm -rf "$root"
mv "$work/root" "$root"
