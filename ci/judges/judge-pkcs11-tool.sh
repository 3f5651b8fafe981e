# OpenSC's pkcs11-tool: its own test suite, and each mechanism against plain OpenSSL.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"

token_tool --list-mechanisms
token_tool --keypairgen --key-type RSA:2048 --label judge-rsa --id 0a01
token_tool --keypairgen --key-type EC:prime256v1 --label judge-p256 --id 0a02
token_tool --keypairgen --key-type EC:secp384r1 --label judge-p384 --id 0a03
token_tool --keypairgen --key-type EC:secp521r1 --label judge-p521 --id 0a04
token_tool --keygen --key-type AES:32 --label judge-aes --id 0a05
token_tool --list-objects
token_tool --generate-random 64 | wc -c | grep -qx 64

head -c 100000 /dev/urandom >message
openssl dgst -sha256 -binary message >digest

for key in rsa:0a01 p256:0a02 p384:0a03 p521:0a04; do public_key "${key#*:}" "${key%:*}.pem"; done

# A digest made by the caller, and a digest made by the module.
for curve in p256:0a02 p384:0a03 p521:0a04; do
    name=${curve%:*} id=${curve#*:}
    token_tool --sign --id "$id" --mechanism ECDSA --signature-format openssl -i digest -o signature
    openssl pkeyutl -verify -pubin -inkey "$name.pem" -in digest -sigfile signature
done
if offers ECDSA-SHA256; then
    token_tool --sign --id 0a02 --mechanism ECDSA-SHA256 --signature-format openssl -i message -o signature
    openssl dgst -sha256 -verify p256.pem -signature signature message
fi

for bits in 256 384 512; do
    token_tool --sign --id 0a01 --mechanism "SHA$bits-RSA-PKCS" -i message -o signature
    openssl dgst "-sha$bits" -verify rsa.pem -signature signature message
    token_tool --sign --id 0a01 --mechanism "SHA$bits-RSA-PKCS-PSS" -i message -o signature
    openssl dgst "-sha$bits" -verify rsa.pem -sigopt rsa_padding_mode:pss \
        -sigopt rsa_pss_saltlen:-1 -signature signature message
done

# The other way round: OpenSSL encrypts, the token decrypts.
printf 'forty-two' >plain
openssl pkeyutl -encrypt -pubin -inkey rsa.pem -in plain -out cipher
token_tool --decrypt --id 0a01 --mechanism RSA-PKCS -i cipher -o decrypted
cmp plain decrypted
for hash in sha1 sha256; do
    if lacks "oaep-$hash"; then continue; fi
    upper=${hash^^}
    openssl pkeyutl -encrypt -pubin -inkey rsa.pem -in plain -out cipher -pkeyopt rsa_padding_mode:oaep \
        -pkeyopt "rsa_oaep_md:$hash" -pkeyopt "rsa_mgf1_md:$hash"
    token_tool --decrypt --id 0a01 --mechanism RSA-PKCS-OAEP --hash-algorithm "${upper/SHA1/SHA-1}" \
        -i cipher -o decrypted
    cmp plain decrypted
done

# Its own tests, with and without login. They count complaints at the end.
own_tests() {
    pkcs11-tool --module "$P11_MODULE" --token-label "$P11_TOKEN" --test "$@" 2>&1 | tee report
    grep -q "No errors" report
}
own_tests
lacks own-tests || own_tests --login --pin "${P11_PIN:-0000}"
lacks fork || pkcs11-tool --module "$P11_MODULE" --test-fork
# The key made with it opens the session for writing, which this test needs and does not do.
if offers ECDSA-SHA1.*sign; then
    token_tool --keypairgen --key-type EC:prime256v1 --label judge-test --id 0a06 --test-ec 2>&1 |
        tee report
    grep -q "Doing a signature" report
fi

token_tool --delete-object --type privkey --id 0a05 || token_tool --delete-object --type secrkey --id 0a05
token_tool --list-objects >objects
! grep -q judge-aes objects
