# GnuTLS's p11tool: imports the certificate of a key and one without a key, lists, exports, deletes.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
export GNUTLS_PIN=${P11_PIN:-0000}
token="pkcs11:token=$P11_TOKEN"
tool() { p11tool --provider "$P11_MODULE" --login --batch "$@"; }

tool --generate-privkey ecdsa --curve secp256r1 --label gnutls-ec --id 0b01 --outfile public.pem "$token"
echo 'cn = gnutls' >template
certtool --provider "$P11_MODULE" --generate-request --load-privkey "$(uri_of gnutls-ec)" \
    --load-pubkey public.pem --template template --outfile gnutls-ec.csr
make_ca
issue gnutls-ec.csr issued.pem
tool --write --load-certificate issued.pem --label gnutls-ec --id 0b01 "$token"
tool --write --load-certificate ca.pem --label gnutls-ca --id 0b03 "$token"
tool --list-all-certs "$token" | tee certificates
grep -q "Label: gnutls-ca" certificates
for name in gnutls-ec:issued.pem gnutls-ca:ca.pem; do
    tool --export --outfile exported.pem "$token;object=${name%:*};type=cert"
    diff <(openssl x509 -in exported.pem -outform der) <(openssl x509 -in "${name#*:}" -outform der)
done

tool --delete "$token;object=gnutls-ca;type=cert"
! tool --list-all-certs "$token" | grep "Label: gnutls-ca"
