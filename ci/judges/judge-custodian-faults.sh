# A key service or vault that is away, slow, throttles, or refuses: each is another error of the module, calls stop for a
# while and go on again, and other keyrings do not notice. By pkcs11-tool.
# shellcheck shell=bash
# shellcheck source=/dev/null
cd "$JUDGE_WORK"
for part in common packages build backend judges custodians; do source "$SUPACRYPT_ROOT/ci/lib/$part.sh"; done

needs_keyrings

own=$JUDGE_WORK/backend
moto_pid='' moto_port='' faulty_pid='' vaults_pid=''
trap 'custody_stop "$own" "$faulty_pid" "$moto_pid" "$vaults_pid"' EXIT

start_moto moto.log
port=$(free_port)
echo well >mode
python3 "$SUPACRYPT_ROOT/ci/judges/faulty.py" "$port" "$moto_port" mode &
faulty_pid=$!
eventually listening "$port"
start_vaults
custody_backend "$own" <<TOML

[custodians.kms]
type = "aws"
region = "eu-central-1"
endpoint = "http://127.0.0.1:$port"
timeout = "1s"

$(sed 's/^type = "azure"$/&\ntimeout = "1s"/' vaults.toml)
TOML
of() { export SUPACRYPT_KEYRING=$1 P11_TOKEN=$1; }
for keyring in kms cloud software; do
    administer --quiet keyring create "$keyring" --custodian "$keyring"
    administer --quiet keyring grant "$keyring" app --role admin
    of "$keyring"
    token_tool --keypairgen --key-type EC:prime256v1 --usage-sign --label ec --id 0c01
done
head -c 32 /dev/urandom >digest
sign() { token_tool --sign --id 0c01 --mechanism ECDSA -i digest -o signature; }

# be KEYRING HOW: has what holds the keyring's keys be so.
be() { case $1 in kms) echo "$2" >mode ;; cloud) control_vaults "$2" ;; esac }

# expect KEYRING HOW CODE: what the module says then, as a number: pkcs11-tool does not know the names of all.
expect() {
    be "$1" "$2"
    if sign >said 2>&1; then die "signed, though $1 is $2"; fi
    grep -q "rv = .*($3)$" said || { cat said; die "$1 is $2, and the module does not say $3"; }
}

# fails KEYRING: all that can go wrong with it, and that it is well again.
fails() {
    of "$1"
    sign
    expect "$1" throttled 0x201 # CKR_TOKEN_RESOURCE_EXCEEDED
    expect "$1" denied 0x200    # CKR_FUNCTION_REJECTED
    expect "$1" revoked 0x200
    expect "$1" disabled 0x68 # CKR_KEY_FUNCTION_NOT_PERMITTED
    expect "$1" deleted 0x60  # CKR_KEY_HANDLE_INVALID
    expect "$1" slow 0x6      # CKR_FUNCTION_FAILED
    expect "$1" down 0x30     # CKR_DEVICE_ERROR

    # By now it is left alone, which administrators see, and other keyrings do not.
    for _ in 1 2; do expect "$1" down 0x30; done
    administer --json custodian list | tee list
    jq -e --arg name "$1" '.[] | select(.name == $name) | .answers == false and any(.endpoints[]; .left_alone)' list
    jq -e '.[] | select(.name == "software") | .answers' list
    administer doctor | grep "custodian $1"
    of software
    sign
    of "$1"
    be "$1" well
    eventually sign
    administer --json custodian list | jq -e --arg name "$1" '.[] | select(.name == $name) | .answers'

    # Each use is recorded, also the failed ones.
    administer --json audit tail -n 500 --action Sign | grep "keyrings/$1/" >entries
    for reason in CUSTODIAN_THROTTLED CUSTODIAN_DENIED KEY_VERSION_DISABLED KEY_VERSION_DESTROYED \
        DEADLINE_EXCEEDED CUSTODIAN_UNAVAILABLE; do
        grep -q "$reason" entries || { cut -c 1-300 entries; die "no $reason of $1"; }
    done
}
fails kms
fails cloud
