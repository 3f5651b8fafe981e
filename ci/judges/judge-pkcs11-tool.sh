# OpenSC's pkcs11-tool: its own test suite, and each mechanism against plain OpenSSL.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
tool() { token_tool "$@"; }
export GNUTLS_PIN=${P11_PIN:-0000}

tool --list-mechanisms
tool --keypairgen --key-type RSA:2048 --label judge-rsa --id 0a01
tool --keypairgen --key-type EC:prime256v1 --label judge-p256 --id 0a02
tool --keypairgen --key-type EC:secp384r1 --label judge-p384 --id 0a03
tool --keypairgen --key-type EC:secp521r1 --label judge-p521 --id 0a04
tool --keygen --key-type AES:32 --label judge-aes --id 0a05
tool --list-objects
tool --generate-random 64 | wc -c | grep -qx 64

head -c 100000 /dev/urandom >message
openssl dgst -sha256 -binary message >digest

# GnuTLS exports the public keys: OpenSC 0.23 fails on curves now and then, with any module.
for key in rsa:0a01 p256:0a02 p384:0a03 p521:0a04; do
    id=${key#*:}
    p11tool --provider "$P11_MODULE" --batch --export-pubkey --outfile "${key%:*}.pem" \
        "pkcs11:token=$P11_TOKEN;id=%${id:0:2}%${id:2};type=private"
done

# A digest made by the caller, and a digest made by the module.
for curve in p256:0a02 p384:0a03 p521:0a04; do
    name=${curve%:*} id=${curve#*:}
    tool --sign --id "$id" --mechanism ECDSA --signature-format openssl -i digest -o signature
    openssl pkeyutl -verify -pubin -inkey "$name.pem" -in digest -sigfile signature
done
if offers ECDSA-SHA256; then
    tool --sign --id 0a02 --mechanism ECDSA-SHA256 --signature-format openssl -i message -o signature
    openssl dgst -sha256 -verify p256.pem -signature signature message
fi

for bits in 256 384 512; do
    tool --sign --id 0a01 --mechanism "SHA$bits-RSA-PKCS" -i message -o signature
    openssl dgst "-sha$bits" -verify rsa.pem -signature signature message
    tool --sign --id 0a01 --mechanism "SHA$bits-RSA-PKCS-PSS" -i message -o signature
    openssl dgst "-sha$bits" -verify rsa.pem -sigopt rsa_padding_mode:pss \
        -sigopt rsa_pss_saltlen:-1 -signature signature message
done

# The other way round: OpenSSL encrypts, the token decrypts.
printf 'forty-two' >plain
openssl pkeyutl -encrypt -pubin -inkey rsa.pem -in plain -out cipher
tool --decrypt --id 0a01 --mechanism RSA-PKCS -i cipher -o decrypted
cmp plain decrypted
openssl pkeyutl -encrypt -pubin -inkey rsa.pem -in plain -out cipher \
    -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256
tool --decrypt --id 0a01 --mechanism RSA-PKCS-OAEP --hash-algorithm SHA256 -i cipher -o decrypted
cmp plain decrypted

# Its own tests, with and without login. They count complaints at the end.
for login in "--login --pin ${P11_PIN:-0000}" ""; do
    # shellcheck disable=SC2086  # zero or three words are meant
    pkcs11-tool --module "$P11_MODULE" --token-label "$P11_TOKEN" --test $login 2>&1 | tee report
    grep -q "No errors" report
done

tool --delete-object --type privkey --id 0a05 || tool --delete-object --type secrkey --id 0a05
tool --list-objects >objects
! grep -q judge-aes objects
