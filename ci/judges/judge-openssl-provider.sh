# OpenSSL 3 through pkcs11-provider, which Debian has since trixie: see root/openssl-provider.sh.
# shellcheck shell=bash
for part in common sdk judges; do
    # shellcheck source=/dev/null
    source "$SUPACRYPT_ROOT/ci/lib/$part.sh"
done
in_newer_root "$SUPACRYPT_ROOT/ci/judges/root/openssl-provider.sh"
