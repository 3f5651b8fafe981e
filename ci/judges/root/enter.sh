#!/usr/bin/env bash
# enter.sh ROOT FOLDER... -- COMMAND...: runs a command in the root, with folders of this machine where they
# are outside. Needs root. Network and processes are this machine's.
set -euo pipefail
if [ -z "${SUPACRYPT_IN_NAMESPACE:-}" ]; then
    export SUPACRYPT_IN_NAMESPACE=1
    exec unshare --mount --propagation private -- "${BASH_SOURCE[0]}" "$@"
fi
root=$1
shift
for folder in proc sys dev; do mount --rbind "/$folder" "$root/$folder"; done
mount -t tmpfs tmpfs "$root/tmp"
while [ "$1" != -- ]; do
    mkdir -p "$root$1"
    mount --bind "$1" "$root$1"
    shift
done
shift
exec chroot "$root" "$@"
