# curl shows a client certificate whose key is in the module, to a server that demands one.
# shellcheck shell=bash
cd "$JUDGE_WORK"
for part in common up judges; do
    # shellcheck source=/dev/null
    source "$SUPACRYPT_ROOT/ci/lib/$part.sh"
done
openssl_engine_config engine.cnf
with_engine() { OPENSSL_CONF=$PWD/engine.cnf "$@"; }
make_ca
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key \
    -subj /CN=localhost -out server.csr
issue server.csr server.pem subjectAltName=DNS:localhost
token_tool --keypairgen --key-type RSA:2048 --label curl-rsa --id 1101
token_tool --keypairgen --key-type EC:prime256v1 --label curl-ec --id 1102

port=$(free_port)
openssl s_server -accept "127.0.0.1:$port" -cert server.pem -key server.key -CAfile ca.pem -Verify 1 \
    -verify_return_error -www >server.log 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; tail -n 20 server.log' EXIT
request() {
    with_engine curl --silent --show-error --fail --max-time 15 --cacert ca.pem \
        --resolve "localhost:$port:127.0.0.1" "https://localhost:$port/" "$@"
}
eventually listening "$port"

! request || exit 1
for key in curl-rsa:1101 curl-ec:1102; do
    IFS=: read -r key id <<<"$key"
    uri=$(uri_of "$key")
    with_engine openssl req -new -engine pkcs11 -keyform engine -key "$uri" -subj "/CN=$key" -out "$key.csr"
    issue "$key.csr" "$key.pem" extendedKeyUsage=clientAuth
    for version in 1.2 1.3; do
        request --tls-max "$version" --engine pkcs11 --key-type ENG --key "$uri" --cert "$key.pem" >page
        grep -q "CN *= *$key" page
    done
    # The certificate from the token too.
    openssl x509 -in "$key.pem" -outform der -out "$key.der"
    token_tool --write-object "$key.der" --type cert --label "$key" --id "$id"
    request --engine pkcs11 --key-type ENG --key "$uri" --cert-type ENG \
        --cert "${uri/type=private/type=cert}" >page
    grep -q "CN *= *$key" page
done
