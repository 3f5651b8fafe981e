# osslsigncode signs a program for Windows with a key in the module.
# shellcheck shell=bash
cd "$JUDGE_WORK"
for part in common up judges; do
    # shellcheck source=/dev/null
    source "$SUPACRYPT_ROOT/ci/lib/$part.sh"
done
openssl_engine_config engine.cnf
engine() { OPENSSL_CONF=$PWD/engine.cnf openssl "$@"; }
engines=$(openssl version -e | sed 's/.*"\(.*\)"/\1/')
make_ca
token_tool --keypairgen --key-type RSA:3072 --label sign-rsa --id 1201
token_tool --keypairgen --key-type EC:prime256v1 --label sign-ec --id 1202
python3 "$SUPACRYPT_ROOT/ci/judges/small_program.py" small.exe

for key in sign-rsa sign-ec; do
    uri=$(uri_of "$key")
    engine req -new -engine pkcs11 -keyform engine -key "$uri" -subj "/CN=$key" -out "$key.csr"
    issue "$key.csr" "$key.pem" extendedKeyUsage=codeSigning keyUsage=digitalSignature
    cat "$key.pem" ca.pem >chain.pem
    osslsigncode sign -pkcs11engine "$engines/pkcs11.so" -pkcs11module "$P11_MODULE" -certs chain.pem \
        -key "$uri" -h sha256 -n judged -in small.exe -out "$key.exe"
    osslsigncode verify -CAfile ca.pem -in "$key.exe" | tee verdict
    grep -q "Signature verification: ok" verdict
    # One other byte in it, and no more.
    printf x | dd of="$key.exe" bs=1 seek=600 conv=notrunc status=none
    ! osslsigncode verify -CAfile ca.pem -in "$key.exe" || exit 1
done
