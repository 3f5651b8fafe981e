# OpenSSL through libp11's engine: signatures, a certificate request, a certificate.
# shellcheck shell=bash
cd "$JUDGE_WORK"
for part in common up judges; do
    # shellcheck source=/dev/null
    source "$SUPACRYPT_ROOT/ci/lib/$part.sh"
done
openssl_engine_config engine.cnf
engine() { OPENSSL_CONF=$PWD/engine.cnf openssl "$@"; }

head -c 100000 /dev/urandom >message
token_tool --keypairgen --key-type EC:prime256v1 --label engine-ec --id 0c01
token_tool --keypairgen --key-type RSA:2048 --label engine-rsa --id 0c02
for key in engine-ec engine-rsa; do
    uri=$(uri_of "$key")
    engine pkey -engine pkcs11 -inform engine -in "$uri" -pubout -out public.pem
    engine dgst -engine pkcs11 -keyform engine -sha256 -sign "$uri" -out signature message
    openssl dgst -sha256 -verify public.pem -signature signature message
    engine req -new -x509 -days 1 -engine pkcs11 -keyform engine -key "$uri" -subj "/CN=$key" \
        -sha256 -out certificate.pem
    openssl verify -CAfile certificate.pem certificate.pem
done
uri=$(uri_of engine-rsa)
engine dgst -engine pkcs11 -keyform engine -sha256 -sigopt rsa_padding_mode:pss \
    -sigopt rsa_pss_saltlen:-1 -sign "$uri" -out signature message
openssl dgst -sha256 -verify public.pem -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 \
    -signature signature message
