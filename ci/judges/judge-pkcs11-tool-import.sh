# OpenSC's pkcs11-tool: imports certificates, key pairs, secret keys and data, and reads back what it may.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
write() { token_tool --write-object "$@"; }
read_back() { token_tool --read-object "$@"; }

make_ca
openssl x509 -in ca.pem -outform der -out ca.der
write ca.der --type cert --label import-ca --id 1401
read_back --type cert --label import-ca -o back.der
cmp ca.der back.der

head -c 3000 /dev/urandom >data
write data --type data --label import-data --application-label judge
read_back --type data --label import-data -o back
cmp data back

head -c 100000 /dev/urandom >message
openssl dgst -sha256 -binary message >digest
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
for key in rsa:1402 ec:1403; do
    IFS=: read -r name id <<<"$key"
    openssl pkey -in "$name.pem" -outform der -out private.der
    openssl pkey -in "$name.pem" -pubout -outform der -out public.der
    openssl pkey -in "$name.pem" -pubout -out "$name.public.pem"
    write private.der --type privkey --label "import-$name" --id "$id" --usage-sign
    write public.der --type pubkey --label "import-$name" --id "$id"
    public_key "$id" back.pem
    cmp back.pem "$name.public.pem"
done
token_tool --sign --id 1402 --mechanism SHA256-RSA-PKCS -i message -o signature
openssl dgst -sha256 -verify rsa.public.pem -signature signature message
token_tool --sign --id 1403 --mechanism ECDSA --signature-format openssl -i digest -o signature
openssl dgst -sha256 -verify ec.public.pem -signature signature message

head -c 32 /dev/urandom >aes
write aes --type secrkey --key-type AES:32 --label import-aes --id 1404
iv=$(openssl rand -hex 16)
openssl enc -aes-256-cbc -K "$(xxd -p -c 64 aes)" -iv "$iv" -in message -out cipher
token_tool --decrypt --id 1404 --mechanism AES-CBC-PAD --iv "$iv" -i cipher -o plain
cmp message plain

token_tool --list-objects | tee objects
for type in cert:1401 privkey:1402 pubkey:1402 privkey:1403 pubkey:1403 secrkey:1404; do
    token_tool --delete-object --type "${type%:*}" --id "${type#*:}"
done
token_tool --delete-object --type data --label import-data
token_tool --list-objects >objects
! grep -q import- objects
