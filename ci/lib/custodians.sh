# Backends whose keys are elsewhere. Sourced by judges, after the other parts.
# shellcheck shell=bash

# needs_keyrings: skips a judge of what keyrings of ours have beside other tokens, and gets what it needs otherwise.
needs_keyrings() {
    if [ -z "${SUPACRYPT_KEYRING:-}" ]; then
        skipped "the module has no keyrings"
        exit
    fi
    need_test_packages
}

# start_moto LOG: starts moto with what it does otherwise than KMS mended; sets moto_pid and moto_port.
start_moto() {
    moto_port=$(free_port)
    # By its text: as a file it would stand before the package of its name.
    "$SUPACRYPT_CACHE/emulators/moto/bin/python" -c "$(<"$SUPACRYPT_ROOT/rust/server/tests/aws/moto.py")" \
        --port "$moto_port" >"$1" 2>&1 &
    # shellcheck disable=SC2034 # whoever calls this ends it
    moto_pid=$!
    eventually listening "$moto_port"
    # What the SDK asks for and moto does not look at.
    export AWS_ACCESS_KEY_ID=judge AWS_SECRET_ACCESS_KEY=judge
}

# start_vaults: starts two that stand for Azure's; sets vaults_pid. The lines of a configuration that has them as the
# custodian cloud are in vaults.toml then.
start_vaults() {
    (cd "$SUPACRYPT_ROOT" && cargo build --locked --quiet -p supacrypt-server --example azure_vault)
    "$(programs_dir dev)/examples/azure_vault" >vaults.toml 2>vaults.log &
    # shellcheck disable=SC2034 # whoever calls this ends it
    vaults_pid=$!
    eventually grep -q '^control: ' vaults.log
}

# control_vaults HOW: has them answer so from now on, or well; or prints their counts.
control_vaults() {
    curl -fsS --cacert "$(sed -n 's/^ca = "\(.*\)"$/\1/p' vaults.toml)" "$(sed -n 's/^control: //p' vaults.log)/$1"
}

# custody_backend DIR: starts a backend whose configuration has standard input added, and takes its environment.
custody_backend() {
    local exports
    # Aside: it may change the directory.
    (backend start --dir "$1" >/dev/null)
    cat >>"$1/supacryptd.toml"
    exports=$(backend restart --dir "$1")
    eval "$exports"
}

# custody_stop DIR PID...: ends the backend if it runs, and the processes that were started.
custody_stop() {
    local pid
    # These first: a judge that failed stops at the first thing that fails here, too.
    for pid in "${@:2}"; do [ -z "$pid" ] || kill "$pid" || true; done
    if backend_pid "$1" >/dev/null; then backend stop --dir "$1"; fi
}

# administer ARGUMENT...: the command, as the administrator of the backend.
administer() { "$(programs_dir "$SUPACRYPT_PROFILE")/supacrypt" --config "$SUPACRYPT_ADMIN_CONFIG" "$@"; }
