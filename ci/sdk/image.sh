#!/usr/bin/env bash
# image.sh OUTPUT NAME: packs the root that this runs in as an OCI image, an archive of an image layout
# that podman, docker and skopeo load. Runs in the SDK root, and sees what is mounted there, too: it
# packs the file system of / alone.
set -euo pipefail
output=$1 name=$2
work=$(mktemp -d "$(dirname "$output")/image.XXXXXX")
trap 'rm -rf "$work"' EXIT

mkdir "$work/root"
mount --bind / "$work/root"
tar -c --sort=name --numeric-owner --one-file-system --mtime=@946684800 --clamp-mtime \
    -C "$work/root" -f "$work/layer.tar" .
umount "$work/root"

umoci init --layout "$work/image"
umoci new --image "$work/image:$name"
umoci raw add-layer --image "$work/image:$name" "$work/layer.tar"
rm "$work/layer.tar"
umoci config --image "$work/image:$name" --config.workingdir /src --config.cmd bash \
    --config.env PATH=/usr/local/bin:/usr/bin:/bin --config.env LANG=C.UTF-8 \
    --config.env HOME=/cache/home --config.env USER=root --config.env "SUPACRYPT_SDK=$name" \
    --config.volume /src --config.volume /cache
umoci gc --layout "$work/image"
tar -c -C "$work/image" -f "$output.new" .
mv "$output.new" "$output"
