# OpenSSL 3 through pkcs11-provider, as Debian has it since trixie: makes keys, signs, decrypts, agrees on
# secrets, issues certificates, signs and reads messages, and speaks TLS from both ends.
# shellcheck shell=bash
for part in common sdk judges; do
    # shellcheck source=/dev/null
    source "$SUPACRYPT_ROOT/ci/lib/$part.sh"
done
in_newer_root "$SUPACRYPT_ROOT/ci/judges/root/openssl-provider.sh"
