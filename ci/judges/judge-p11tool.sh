# GnuTLS's p11tool: makes keys, lists, shows and renames them, signs, makes requests.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
export GNUTLS_PIN=${P11_PIN:-0000}
token="pkcs11:token=$P11_TOKEN"
tool() { p11tool --provider "$P11_MODULE" --login --batch "$@"; }

p11tool --provider "$P11_MODULE" --list-tokens | grep "Label: $P11_TOKEN"
p11tool --provider "$P11_MODULE" --list-mechanisms "$token" | grep CKM_RSA_PKCS_KEY_PAIR_GEN
tool --generate-random 64 --outfile random "$token"
tool --generate-privkey ecdsa --curve secp256r1 --label gnutls-ec --id 0b01 --outfile made-ec.pem "$token"
tool --generate-privkey rsa --bits 2048 --label gnutls-rsa --id 0b02 --outfile made-rsa.pem "$token"
tool --list-all "$token" | tee objects
for key in gnutls-ec gnutls-rsa; do
    grep -q "Label: $key" objects
    tool --export-pubkey --outfile "$key.pem" "$token;object=$key;type=private"
    openssl pkey -pubin -in "$key.pem" -noout
    cmp "$key.pem" "made-${key#gnutls-}.pem"
    tool --test-sign "$token;object=$key;type=private"
    tool --info "$token;object=$key;type=private"
done
tool --test-sign --sign-params RSA-PSS --hash SHA256 "$token;object=gnutls-rsa;type=private"

# certtool makes a request and a certificate that the key signs itself.
printf '%s\n' 'cn = gnutls' 'expiration_days = 1' signing_key >template
for key in gnutls-ec gnutls-rsa; do
    uri=$(uri_of "$key")
    certtool --provider "$P11_MODULE" --generate-request --load-privkey "$uri" --load-pubkey "$key.pem" \
        --template template --outfile "$key.csr"
    openssl req -in "$key.csr" -verify -noout
    certtool --provider "$P11_MODULE" --generate-self-signed --load-privkey "$uri" --load-pubkey "$key.pem" \
        --template template --outfile "$key.self.pem"
    openssl verify -CAfile "$key.self.pem" "$key.self.pem"
done

tool --set-label gnutls-renamed "$token;object=gnutls-rsa;type=private"
tool --info "$token;object=gnutls-renamed;type=private"
