# p11-kit: the module in a configuration, objects by URI, and the token served to another process
# through a socket.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
token_tool --keypairgen --key-type EC:prime256v1 --label kit-ec --id 1301
export XDG_CONFIG_HOME=$PWD/config GNUTLS_PIN=${P11_PIN:-0000}
# To root, p11-kit gives no configuration of its own.
mapfile -t nobody < <(unprivileged)
mkdir -p config/pkcs11/modules
echo "user-config: only" >config/pkcs11/pkcs11.conf
echo "module: $P11_MODULE" >config/pkcs11/modules/judged.module

"${nobody[@]}" p11-kit list-modules | tee modules
grep -q "token: $P11_TOKEN" modules
# Programs that know only p11-kit find the key through it.
"${nobody[@]}" p11tool --batch --login --export-pubkey --outfile public.pem \
    "pkcs11:token=$P11_TOKEN;object=kit-ec;type=private"
"${nobody[@]}" p11tool --batch --login --test-sign "pkcs11:token=$P11_TOKEN;id=%13%01;type=private"
proxy=$(find /usr/lib -name p11-kit-proxy.so | head -n 1)
"${nobody[@]}" pkcs11-tool --module "$proxy" --token-label "$P11_TOKEN" --login --pin "$GNUTLS_PIN" \
    --list-objects | grep kit-ec

unset XDG_CONFIG_HOME
eval "$(p11-kit server --name "$PWD/socket" --provider "$P11_MODULE" "pkcs11:token=$P11_TOKEN")"
server=$P11_KIT_SERVER_PID
trap 'kill $server 2>/dev/null || true' EXIT
client=$(find /usr/lib -name p11-kit-client.so | head -n 1)
remote() { pkcs11-tool --module "$client" --token-label "$P11_TOKEN" --login --pin "$GNUTLS_PIN" "$@"; }
remote --list-objects | grep kit-ec
head -c 100000 /dev/urandom >message
openssl dgst -sha256 -binary message >digest
remote --sign --id 1301 --mechanism ECDSA --signature-format openssl -i digest -o signature
openssl dgst -sha256 -verify public.pem -signature signature message
remote --keypairgen --key-type RSA:2048 --label kit-rsa --id 1302
token_tool --list-objects | grep kit-rsa
