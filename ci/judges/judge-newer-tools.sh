# The pkcs11-tool and p11tool of Debian trixie: what their judges do with this machine's, and threads.
# shellcheck shell=bash
for part in common sdk judges; do
    # shellcheck source=/dev/null
    source "$SUPACRYPT_ROOT/ci/lib/$part.sh"
done
in_newer_root "$SUPACRYPT_ROOT/ci/judges/root/newer-tools.sh"
