# OpenSC's pkcs11-tool: agrees on a secret, wraps keys and unwraps them, each against plain OpenSSL.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"

for curve in prime256v1:1501 secp384r1:1502 secp521r1:1503; do
    IFS=: read -r name id <<<"$curve"
    token_tool --keypairgen --key-type "EC:$name" --label "agree-$name" --id "$id" --usage-derive
    public_key "$id" public.pem
    openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$name" -out peer.pem
    openssl pkey -in peer.pem -pubout -outform der -out peer.der
    token_tool --derive --mechanism ECDH1-DERIVE --id "$id" --input-file peer.der --label agreed -o secret
    openssl pkeyutl -derive -inkey peer.pem -peerkey public.pem | cmp - secret
done

token_tool --keygen --key-type AES:32 --label wrap-kek --id 1504 --usage-wrap
token_tool --keygen --key-type AES:32 --label wrap-key --id 1505 --extractable
head -c 1000 /dev/urandom >message
iv=$(openssl rand -hex 16)
token_tool --encrypt --id 1505 --mechanism AES-CBC-PAD --iv "$iv" -i message -o cipher
token_tool --wrap --mechanism AES-KEY-WRAP --id 1504 --application-id 1505 -o wrapped
token_tool --unwrap --mechanism AES-KEY-WRAP --id 1504 -i wrapped --key-type AES: \
    --application-id 1506 --application-label unwrapped
token_tool --decrypt --id 1506 --mechanism AES-CBC-PAD --iv "$iv" -i cipher -o plain
cmp message plain

# A key that somebody else wrapped for the token.
token_tool --keypairgen --key-type RSA:2048 --label wrap-rsa --id 1507 --usage-wrap
public_key 1507 rsa.pem
head -c 16 /dev/urandom >aes
openssl pkeyutl -encrypt -pubin -inkey rsa.pem -in aes -out wrapped
token_tool --unwrap --mechanism RSA-PKCS --id 1507 -i wrapped --key-type AES: \
    --application-id 1508 --application-label transported
openssl enc -aes-128-cbc -K "$(xxd -p aes)" -iv "$iv" -in message -out cipher
token_tool --decrypt --id 1508 --mechanism AES-CBC-PAD --iv "$iv" -i cipher -o plain
cmp message plain
# And one that the token wraps for somebody else.
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out other.pem
openssl pkey -in other.pem -pubout -outform der -out other.der
token_tool --write-object other.der --type pubkey --label other --id 1509 --usage-wrap
token_tool --wrap --mechanism RSA-PKCS --id 1509 --application-id 1505 -o wrapped
openssl pkeyutl -decrypt -inkey other.pem -in wrapped -out key
token_tool --encrypt --id 1505 --mechanism AES-CBC-PAD --iv "$iv" -i message -o cipher
openssl enc -d -aes-256-cbc -K "$(xxd -p -c 64 key)" -iv "$iv" -in cipher | cmp - message

# What is not extractable is not wrapped.
! token_tool --wrap --mechanism AES-KEY-WRAP --id 1505 --application-id 1504 -o leaked
