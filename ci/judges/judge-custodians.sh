# Keyrings whose keys are in an HSM, in vaults, or in the key service of a cloud: makes keys, finds them, signs,
# decrypts, and puts a certificate beside them, by pkcs11-tool, p11tool and OpenSSL.
# shellcheck shell=bash
# shellcheck source=/dev/null
cd "$JUDGE_WORK"
for part in common packages build backend judges custodians; do source "$SUPACRYPT_ROOT/ci/lib/$part.sh"; done

needs_keyrings

own=$JUDGE_WORK/backend
moto_pid='' moto_port='' vaults_pid=''
trap 'custody_stop "$own" "$moto_pid" "$vaults_pid"' EXIT

# An HSM in software.
hsm=$(softhsm_token "$JUDGE_WORK/hsm" custodian)
hsm_of() { sed -n "s/^export $1='\{0,1\}\([^']*\)'\{0,1\}$/\1/p" <<<"$hsm"; }
SOFTHSM2_CONF=$(hsm_of SOFTHSM2_CONF)
export SOFTHSM2_CONF
(umask 077 && hsm_of P11_PIN >hsm.pin)
start_moto moto.log
start_vaults

custody_backend "$own" <<TOML
[custodians.hsm]
type = "pkcs11"
module = "$(hsm_of P11_MODULE)"
token = "custodian"
pin_file = "$JUDGE_WORK/hsm.pin"

[custodians.kms]
type = "aws"
region = "eu-central-1"
endpoint = "http://127.0.0.1:$moto_port"

$(<vaults.toml)
TOML
administer custodian list

head -c 10000 /dev/urandom >message
openssl dgst -sha256 -binary message >digest

# core CUSTODIAN: what every keyring does, whatever holds its keys.
core() {
    administer --quiet keyring create "$1" --custodian "$1"
    administer --quiet keyring grant "$1" app --role admin
    export SUPACRYPT_KEYRING=$1 P11_TOKEN=$1
    token_tool --keypairgen --key-type EC:prime256v1 --usage-sign --label ec --id 0b01
    token_tool --keypairgen --key-type RSA:2048 --usage-sign --label signs --id 0b02
    token_tool --keypairgen --key-type RSA:2048 --usage-decrypt --label decrypts --id 0b03
    token_tool --list-objects --type privkey >found
    for label in ec signs decrypts; do grep -q "label: *$label$" found; done
    for id in 01 02 03; do public_key "0b$id" "$1-$id.pem"; done

    token_tool --sign --id 0b01 --mechanism ECDSA --signature-format openssl -i digest -o signature
    openssl pkeyutl -verify -pubin -inkey "$1-01.pem" -in digest -sigfile signature
    token_tool --sign --id 0b02 --mechanism SHA256-RSA-PKCS -i message -o signature
    openssl dgst -sha256 -verify "$1-02.pem" -signature signature message
    token_tool --sign --id 0b02 --mechanism SHA256-RSA-PKCS-PSS -i message -o signature
    openssl dgst -sha256 -verify "$1-02.pem" -sigopt rsa_padding_mode:pss \
        -sigopt rsa_pss_saltlen:-1 -signature signature message
    p11tool --provider "$P11_MODULE" --login --set-pin 0000 --batch --test-sign \
        "pkcs11:token=$1;object=signs;type=private"

    openssl pkeyutl -encrypt -pubin -inkey "$1-03.pem" -in digest -out ciphertext \
        -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1
    token_tool --decrypt --id 0b03 --mechanism RSA-PKCS-OAEP --hash-algorithm SHA-1 --mgf MGF1-SHA1 \
        -i ciphertext -o plaintext
    cmp digest plaintext

    openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -subj "/CN=$1" -days 1 -outform DER -out "$1.crt"
    token_tool --write-object "$1.crt" --type cert --label "$1" --id 0b02
    token_tool --read-object --type cert --id 0b02 -o read.crt
    cmp "$1.crt" read.crt
    # What is not there is not listed: neither has ML-DSA.
    ! token_tool --list-mechanisms | grep -q ML-DSA
    token_tool --delete-object --type privkey --id 0b01
    administer custodian reconcile "$1"
}
core hsm
core kms
core cloud
