# A key service that is away, slow, throttles, or refuses: each is another error of the module, calls stop for a while and
# go on again, and other keyrings do not notice. By pkcs11-tool.
# shellcheck shell=bash
# shellcheck source=/dev/null
cd "$JUDGE_WORK"
for part in common packages build backend judges custodians; do source "$SUPACRYPT_ROOT/ci/lib/$part.sh"; done

needs_keyrings

own=$JUDGE_WORK/backend
moto_pid='' moto_port='' faulty_pid=''
trap 'if backend_pid "$own" >/dev/null; then backend stop --dir "$own"; fi
    [ -z "$faulty_pid" ] || kill "$faulty_pid"; [ -z "$moto_pid" ] || kill "$moto_pid"' EXIT

start_moto moto.log
port=$(free_port)
echo well >mode
python3 "$SUPACRYPT_ROOT/ci/judges/faulty.py" "$port" "$moto_port" mode &
faulty_pid=$!
eventually listening "$port"
custody_backend "$own" <<TOML

[custodians.kms]
type = "aws"
region = "eu-central-1"
endpoint = "http://127.0.0.1:$port"
timeout = "1s"
TOML
for keyring in kms software; do
    administer --quiet keyring create "$keyring" --custodian "$keyring"
    administer --quiet keyring grant "$keyring" app --role admin
done
of() { export SUPACRYPT_KEYRING=$1 P11_TOKEN=$1; }
for keyring in software kms; do
    of "$keyring"
    token_tool --keypairgen --key-type EC:prime256v1 --usage-sign --label ec --id 0c01
done
head -c 32 /dev/urandom >digest
sign() { token_tool --sign --id 0c01 --mechanism ECDSA -i digest -o signature; }
sign

# expect MODE CODE: what the module says when the service is so, as a number: pkcs11-tool does not know the names of all.
expect() {
    echo "$1" >mode
    if sign >said 2>&1; then die "signed, though the service is $1"; fi
    grep -q "rv = .*($2)$" said || { cat said; die "the service is $1, and the module does not say $2"; }
}
expect throttled 0x201 # CKR_TOKEN_RESOURCE_EXCEEDED
expect denied 0x200    # CKR_FUNCTION_REJECTED
expect revoked 0x200
expect disabled 0x68 # CKR_KEY_FUNCTION_NOT_PERMITTED
expect deleted 0x60  # CKR_KEY_HANDLE_INVALID
expect slow 0x6      # CKR_FUNCTION_FAILED
expect down 0x30     # CKR_DEVICE_ERROR

# By now it is left alone, which administrators see, and other keyrings do not.
for _ in 1 2; do expect down 0x30; done
administer --json custodian list | tee list
jq -e '.[] | select(.name == "kms") | .answers == false and .endpoints[0].left_alone' list
jq -e '.[] | select(.name == "software") | .answers' list
administer doctor | grep 'custodian kms'
of software
sign
of kms
echo well >mode
eventually sign
administer --json custodian list | jq -e '.[] | select(.name == "kms") | .answers'

# Each use is recorded, also the failed ones.
administer --json audit tail -n 100 --action Sign >entries
for reason in CUSTODIAN_THROTTLED CUSTODIAN_DENIED KEY_VERSION_DISABLED KEY_VERSION_DESTROYED \
    DEADLINE_EXCEEDED CUSTODIAN_UNAVAILABLE; do
    grep -q "$reason" entries
done
