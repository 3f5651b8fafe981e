#!/usr/bin/env bash
# enter.sh ROOT CHECKOUT CACHE COMMAND...: runs a command in the SDK root. Needs root.
#
# Inside, the checkout is /src and what outlives the command is /cache, wherever they are outside: no
# path of this machine gets into a build. The rest is the root's own; /tmp is empty and goes away. Bazel
# gives each action a /build of its own.
set -euo pipefail
if [ -z "${SUPACRYPT_IN_NAMESPACE:-}" ]; then
    export SUPACRYPT_IN_NAMESPACE=1
    exec unshare --mount --propagation private -- "${BASH_SOURCE[0]}" "$@"
fi
root=$1 checkout=$2 cache=$3
shift 3

mount --bind "$root" "$root"
mkdir -p "$root"/{src,cache,build,outside} "$cache/home"
for folder in proc sys dev; do mount --rbind "/$folder" "$root/$folder"; done
mount -t tmpfs tmpfs "$root/tmp"
mount --bind "$checkout" "$root/src"
mount --bind "$cache" "$root/cache"
for file in /etc/resolv.conf /etc/hosts; do
    [ ! -e "$file" ] || { touch "$root$file" && mount --bind "$file" "$root$file"; }
done

# Not chroot: in a changed root the kernel refuses user namespaces, and with them Bazel's sandbox.
cd "$root"
pivot_root . outside
umount -l /outside
cd /src
exec env -i HOME=/cache/home PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}" \
    USER=root SUPACRYPT_SDK="$(basename "$root")" "$@"
