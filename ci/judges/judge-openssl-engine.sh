# OpenSSL through libp11's engine: signatures, a certificate request, a certificate.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/common.sh"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/up.sh"
openssl_engine_config engine.cnf
token=$P11_TOKEN
tool() { pkcs11-tool --module "$P11_MODULE" --token-label "$token" --login --pin "${P11_PIN:-0000}" "$@"; }
engine() { OPENSSL_CONF=$PWD/engine.cnf openssl "$@"; }
pin=${P11_PIN:+;pin-value=$P11_PIN}

head -c 100000 /dev/urandom >message
tool --keypairgen --key-type EC:prime256v1 --label engine-ec --id 0c01
tool --keypairgen --key-type RSA:2048 --label engine-rsa --id 0c02
for key in engine-ec engine-rsa; do
    uri="pkcs11:token=$token;object=$key;type=private$pin"
    engine pkey -engine pkcs11 -inform engine -in "$uri" -pubout -out public.pem
    engine dgst -engine pkcs11 -keyform engine -sha256 -sign "$uri" -out signature message
    openssl dgst -sha256 -verify public.pem -signature signature message
    engine req -new -x509 -days 1 -engine pkcs11 -keyform engine -key "$uri" -subj "/CN=$key" \
        -sha256 -out certificate.pem
    openssl verify -CAfile certificate.pem certificate.pem
done
uri="pkcs11:token=$token;object=engine-rsa;type=private$pin"
engine dgst -engine pkcs11 -keyform engine -sha256 -sigopt rsa_padding_mode:pss \
    -sigopt rsa_pss_saltlen:-1 -sign "$uri" -out signature message
openssl dgst -sha256 -verify public.pem -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 \
    -signature signature message
