# What judge-openssl-provider.sh runs in the root.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
echo "${P11_PIN:-0000}" >pin
quirks=
if lacks orderly-exit; then quirks='pkcs11-module-quirks = no-deinit'; fi
cat >provider.cnf <<CONF
openssl_conf = init
[init]
providers = providers
[providers]
default = default_provider
pkcs11 = pkcs11_provider
[default_provider]
activate = 1
[pkcs11_provider]
activate = 1
pkcs11-module-path = $P11_MODULE
pkcs11-module-encode-provider-uri-to-pem = true
${P11_PIN:+pkcs11-module-token-pin = file:$PWD/pin}
$quirks
[req]
distinguished_name = name
[name]
CONF
provided() { OPENSSL_CONF=$PWD/provider.cnf openssl "$@"; }
uri() { echo "pkcs11:token=$P11_TOKEN;object=$1;type=${2:-private}"; }

head -c 100000 /dev/urandom >message
openssl dgst -sha256 -binary message >digest
provided genpkey -propquery provider=pkcs11 -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
    -pkeyopt "pkcs11_uri:pkcs11:token=$P11_TOKEN;object=provider-ec;id=%16%01" \
    -out reference.pem
provided genpkey -propquery provider=pkcs11 -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
    -pkeyopt "pkcs11_uri:pkcs11:token=$P11_TOKEN;object=provider-rsa;id=%16%02" \
    -out reference.pem
grep "PKCS#11 PROVIDER URI" reference.pem
make_ca
for key in provider-ec provider-rsa; do
    provided pkey -in "$(uri "$key")" -pubout -out "$key.pem"
    provided pkeyutl -sign -inkey "$(uri "$key")" -in digest -pkeyopt digest:sha256 -out signature
    openssl pkeyutl -verify -pubin -inkey "$key.pem" -in digest -pkeyopt digest:sha256 -sigfile signature
    provided pkeyutl -verify -pubin -inkey "$(uri "$key" public)" -in digest -pkeyopt digest:sha256 \
        -sigfile signature
    provided dgst -sha256 -sign "$(uri "$key")" -out signature message
    openssl dgst -sha256 -verify "$key.pem" -signature signature message
    provided req -new -x509 -days 1 -key "$(uri "$key")" -subj "/CN=$key" -sha256 -out self.pem
    openssl verify -CAfile self.pem self.pem
    provided req -new -key "$(uri "$key")" -subj "/CN=$key" -sha256 -out "$key.csr"
    openssl req -in "$key.csr" -verify -noout
    issue "$key.csr" "$key.cert.pem" subjectAltName=DNS:localhost keyUsage=digitalSignature,keyEncipherment \
        extendedKeyUsage=serverAuth,clientAuth,emailProtection
    provided cms -sign -binary -nodetach -in message -signer "$key.cert.pem" -inkey "$(uri "$key")" -outform der -out signed
    openssl cms -verify -binary -inform der -in signed -CAfile ca.pem -out verified
    cmp message verified
done

provided dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
    -sign "$(uri provider-rsa)" -out signature message
openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
    -verify provider-rsa.pem -signature signature message
if offers ECDH1-DERIVE; then
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.pem
    openssl pkey -in peer.pem -pubout -out peer.public.pem
    provided pkeyutl -derive -inkey "$(uri provider-ec)" -peerkey peer.public.pem -out secret
    openssl pkeyutl -derive -inkey peer.pem -peerkey provider-ec.pem | cmp - secret
fi
printf forty-two >plain
openssl pkeyutl -encrypt -pubin -inkey provider-rsa.pem -pkeyopt rsa_padding_mode:oaep -in plain -out cipher
provided pkeyutl -decrypt -inkey "$(uri provider-rsa)" -pkeyopt rsa_padding_mode:oaep \
    -pkeyopt rsa_oaep_md:sha1 -pkeyopt rsa_mgf1_md:sha1 -in cipher | cmp - plain
openssl cms -encrypt -binary -aes256 -in message -outform der -out secret provider-rsa.cert.pem
provided cms -decrypt -binary -inform der -in secret -recip provider-rsa.cert.pem \
    -inkey "$(uri provider-rsa)" | cmp - message

for key in provider-ec provider-rsa; do
    port=$(free_port)
    # Not by the function, whose process would be a shell's.
    OPENSSL_CONF=$PWD/provider.cnf openssl s_server -www -accept "127.0.0.1:$port" -CAfile ca.pem -Verify 1 \
        -verify_return_error -cert "$key.cert.pem" -key "$(uri "$key")" >server.log 2>&1 &
    server=$!
    trap 'kill $server 2>/dev/null || true' EXIT
    eventually listening "$port"
    for version in -tls1_2 -tls1_3; do
        printf 'GET / HTTP/1.0\r\n\r\n' | provided s_client -connect "127.0.0.1:$port" "$version" -ign_eof \
            -CAfile ca.pem -verify_return_error -verify_hostname localhost \
            -cert "$key.cert.pem" -key "$(uri "$key")" >page
        grep -q "200 ok" page
    done
    kill "$server"
    wait "$server" || true
done
