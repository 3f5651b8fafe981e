# What judges share. Sourced by run.sh and by judges.
# shellcheck shell=bash

# token_tool ARGUMENT...: pkcs11-tool, logged in to the token that is judged.
token_tool() {
    pkcs11-tool --module "$P11_MODULE" --token-label "$P11_TOKEN" --login --pin "${P11_PIN:-0000}" "$@"
}

# public_key ID FILE: exports a public key as PEM. GnuTLS does it: OpenSC 0.23 fails on curves now and then,
# with any module.
public_key() {
    GNUTLS_PIN=${P11_PIN:-0000} p11tool --provider "$P11_MODULE" --login --batch --export-pubkey \
        --outfile "$2" "pkcs11:token=$P11_TOKEN;id=%${1:0:2}%${1:2};type=private"
}

# uri_of LABEL: the private key with that label, with the PIN if there is one.
uri_of() { echo "pkcs11:token=$P11_TOKEN;object=$1;type=private${P11_PIN:+;pin-value=$P11_PIN}"; }

# unprivileged: the words, one a line, to put before a program that does less as root. By name root is nobody
# then, and may still read what root may.
unprivileged() {
    [ "$(id -u)" -ne 0 ] || printf '%s\n' unshare --user --map-user=65534 --map-group=65534
}

# skipped WHAT: says that a part was left out because the module does not offer it. run.sh counts these.
skipped() { echo "skipped: $1"; }

# offers MECHANISM: whether the module has it, in the words of pkcs11-tool's list, such as RSA-PKCS.*sign.
offers() { token_tool --list-mechanisms 2>/dev/null | grep "^  $1[, ]" || { skipped "$1" && false; }; }

# lacks WHAT: whether the module is known not to do what no list of it can say.
lacks() { [[ " ${P11_LACKS:-} " == *" $1 "* ]] && skipped "$1"; }

# A TCP port of this machine that nobody listens on, below those that connections are given.
free_port() {
    local port
    while port=$((10000 + RANDOM % 10000)) && listening "$port" 2>/dev/null; do :; done
    echo "$port"
}

# eventually COMMAND...: tries for ten seconds until the command succeeds, such as a first connection.
eventually() {
    local try
    for ((try = 0; try < 100; try++)); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    "$@"
}

# listening PORT: whether a server of this machine takes connections.
listening() { : <>"/dev/tcp/127.0.0.1/$1"; }

# softhsm_token DIR LABEL: makes a SoftHSM2 token in a directory, and prints shell exports for it.
#
# What SoftHSM2 2.6.1 lacks: OAEP with other hashes than SHA-1, which pkcs11-tool's own tests ask for too;
# C_Initialize in a forked child; and it crashes with OpenSSL's provider when the process exits.
softhsm_token() {
    local dir=$1 label=$2 module
    module=$(dpkg-query -L libsofthsm2 | grep '/libsofthsm2\.so$' | head -n 1)
    mkdir -p "$dir/tokens"
    printf '%s\n' "directories.tokendir = $dir/tokens" "objectstore.backend = file" "log.level = ERROR" \
        >"$dir/softhsm2.conf"
    SOFTHSM2_CONF=$dir/softhsm2.conf softhsm2-util --init-token --free --label "$label" \
        --so-pin 00000000 --pin 1234 >/dev/null
    printf 'export %s\n' "SOFTHSM2_CONF='$dir/softhsm2.conf'" "P11_MODULE='$module'" \
        "P11_TOKEN='$label'" "P11_PIN=1234" "P11_SO_PIN=00000000" \
        "P11_LACKS='oaep-sha256 own-tests fork orderly-exit'"
}

# our_token LABEL [OPTION...]: makes a keyring in the backend that runs, and prints shell exports for it.
our_token() {
    local label=$1 supacrypt
    shift
    supacrypt=("$(programs_dir "$SUPACRYPT_PROFILE")/supacrypt" --config "$SUPACRYPT_ADMIN_CONFIG" --quiet)
    "${supacrypt[@]}" keyring create "$label" "$@" >/dev/null
    "${supacrypt[@]}" keyring grant "$label" app --role admin >/dev/null
    printf 'export %s\n' "SUPACRYPT_KEYRING='$label'" "P11_TOKEN='$label'"
}

# The number of the token's slot, which is all that some programs understand.
slot_of_token() {
    pkcs11-tool --module "$P11_MODULE" --list-slots | awk -v label="$P11_TOKEN" '
        /^Slot/ { slot = $3; gsub(/[():]/, "", slot) }
        $1 == "token" && $2 == "label" && $4 == label { print slot }'
}

# make_ca: ca.pem and ca.key, for the certificates that a judge needs.
make_ca() {
    openssl req -new -x509 -days 2 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key \
        -subj /CN=judge -addext basicConstraints=critical,CA:true -out ca.pem 2>/dev/null
}

# issue REQUEST CERTIFICATE [EXTENSION...]: signs a request with that.
issue() {
    local request=$1 certificate=$2
    shift 2
    openssl x509 -req -days 1 -in "$request" -CA ca.pem -CAkey ca.key -CAcreateserial \
        -extfile <(printf '%s\n' "$@") -out "$certificate" 2>/dev/null
}

# python_venv: makes the environment of ci/judges/python.txt if need be, and prints where it is. It has the
# source of python-pkcs11 too, for the sake of its tests.
python_venv() {
    local list=$SUPACRYPT_ROOT/ci/judges/python.txt hash venv
    hash=$(cat "$list" "${BASH_SOURCE[0]}" | sha256sum | cut -c1-12)
    venv=$SUPACRYPT_CACHE/judges/python-$hash
    if [ ! -d "$venv" ]; then
        rm -rf "$venv.new"
        python3 -m venv "$venv.new"
        "$venv.new/bin/python" -m pip install --quiet --require-hashes -r "$list" >&2
        sed -n '/^python-pkcs11==/,/[^\\]$/p' "$list" >"$venv.new/source.txt"
        "$venv.new/bin/python" -m pip download --quiet --require-hashes --no-deps --no-binary :all: \
            --dest "$venv.new/source" -r "$venv.new/source.txt" >&2
        tar -xzf "$venv.new"/source/*.tar.gz -C "$venv.new/source" --strip-components=1
        rm -rf "$venv.new"/source/pkcs11
        # Its tests, with keys of a size and on a curve that are still allowed (NIST SP 800-131A).
        perl -0pi -e 's/(KeyType\.RSA),\s*1024/$1, 2048/g; s/BggqhkjOPQMBAQ==/BggqhkjOPQMBBw==/' \
            "$venv.new"/source/tests/*.py
        mv "$venv.new" "$venv"
    fi
    echo "$venv"
}

# in_newer_root SCRIPT: runs a judge's script in a root of Debian trixie, which is made if need be. It finds
# there what judges find here; SoftHSM2 is the root's own.
in_newer_root() {
    local files=$SUPACRYPT_ROOT/ci/judges/root hash root file folders=("$SUPACRYPT_ROOT" "$JUDGE_WORK")
    hash=$(cat "$files/packages.txt" "$files/make.sh" | sha256sum | cut -c1-12)
    root=$SUPACRYPT_CACHE/judges/root-$hash
    [ -d "$root" ] || as_root "$files/make.sh" "$(debian_mirror)" "$root"
    for file in "$P11_MODULE" "${SUPACRYPT_CONFIG:-}" "${SOFTHSM2_CONF:-}"; do
        [ -z "$file" ] || [ -e "$root$file" ] || folders+=("$(dirname "$file")")
    done
    as_root "$files/enter.sh" "$root" "${folders[@]}" -- env "JUDGE_WORK=$JUDGE_WORK" \
        "SUPACRYPT_ROOT=$SUPACRYPT_ROOT" "P11_MODULE=$P11_MODULE" "P11_TOKEN=$P11_TOKEN" "P11_PIN=${P11_PIN:-}" \
        "P11_LACKS=${P11_LACKS:-}" ${SUPACRYPT_CONFIG:+"SUPACRYPT_CONFIG=$SUPACRYPT_CONFIG"} \
        ${SUPACRYPT_KEYRING:+"SUPACRYPT_KEYRING=$SUPACRYPT_KEYRING"} \
        ${SOFTHSM2_CONF:+"SOFTHSM2_CONF=$SOFTHSM2_CONF"} bash -euo pipefail "$1"
}

# What judges of TLS servers do, with cert.pem and $port: each request is a handshake of its own,
# signed by the key.
request() {
    curl --silent --fail --max-time 15 --cacert cert.pem --resolve "localhost:$port:127.0.0.1" \
        "https://localhost:$port/"
}
requests() {
    local count=$1 number
    for ((number = 0; number < count; number++)); do
        [ "$(request)" = hello ] || return 1
    done
}
load() {
    local workers=() worker
    for worker in 1 2 3 4; do
        requests 25 &
        workers+=($!)
    done
    for worker in "${workers[@]}"; do wait "$worker" || return 1; done
}
