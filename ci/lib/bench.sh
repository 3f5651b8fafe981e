# Measuring. Sourced.
# shellcheck shell=bash

# Measures what is released: the profile that Bazel builds with.
bench() {
    need_build_packages
    need_bench_packages
    # shellcheck source=/dev/null
    for part in judges custodians; do source "$SUPACRYPT_ROOT/ci/lib/$part.sh"; done
    step "build (dist)" build_programs dist
    cd "$SUPACRYPT_ROOT"
    step "build the bench" cargo build --locked --release -p supacrypt-bench
    export SUPACRYPT_PROFILE=dist
    local dir exports part
    dir=$(mktemp -d)
    trap 'bench_stop "'"$dir"'"' EXIT
    bench_custody "$dir"
    exports=$(backend start --dir "$dir/backend")
    eval "$exports"
    "$(programs_dir release)/supacrypt-bench" --sealed "$dir/sealed/client.toml" \
        --remote "$dir/remote/client.toml" "$@"
    bench_calls "$dir/remote"
    bench_vault "$dir"
}

bench_stop() {
    local each
    for each in backend sealed remote vault; do
        if backend_pid "$1/$each" >/dev/null; then backend stop --dir "$1/$each" >&2 || true; fi
    done
    [ -z "${vaults_pid:-}" ] || kill "$vaults_pid"
    rm -rf "$1"
}

# bench_custody DIR: two more backends, with an HSM in software: a key in it seals the store of one, and the keyring
# `remote` of the other has its keys there.
bench_custody() {
    local exports each
    for each in sealed remote; do
        exports=$(softhsm_token "$1/hsm-$each" bench)
        (
            eval "$exports"
            (umask 077 && echo "$P11_PIN" >"$1/hsm.pin")
            if [ "$each" = sealed ]; then
                pkcs11-tool --module "$P11_MODULE" --token-label bench --login --pin "$P11_PIN" --keygen \
                    --key-type AES:32 --label seal --sensitive >&2
            fi
            backend start --dir "$1/$each" >/dev/null
            printf '%s\n' '' '[custodians.hsm]' 'type = "pkcs11"' "module = \"$P11_MODULE\"" 'token = "bench"' \
                "pin_file = \"$1/hsm.pin\"" >>"$1/$each/supacryptd.toml"
            if [ "$each" = sealed ]; then
                printf '%s\n' '' '[seal]' 'type = "custodian"' 'custodian = "hsm"' 'key = "seal"' '' \
                    '[seal.previous]' 'type = "file"' "path = \"$1/$each/data/seal.key\"" >>"$1/$each/supacryptd.toml"
            fi
            exports=$(backend restart --dir "$1/$each")
            eval "$exports"
            if [ "$each" = remote ]; then our_token remote --custodian hsm >/dev/null; fi
        )
    done
}

# bench_calls DIR: how many calls to the HSM the signatures took.
bench_calls() {
    local metrics
    metrics=$(curl -fsS "http://$(jq -r .metrics "$1/data/endpoints.json")/metrics")
    awk '/^supacrypt_operations_total.*operation="sign".*succeeded/ { signatures = $2 }
        /^supacrypt_custodian_calls_total.*succeeded/ { calls = $2 }
        /^supacrypt_custodian_calls_total.*(refused|throttled|unanswered|abandoned)/ { failed += $2 }
        END { printf "keys in SoftHSM2: %d signatures, %d calls to it, %d failed\n", signatures, calls, failed }' <<<"$metrics"
}

# bench_vault DIR: how many requests to a vault the signatures take with 1, 16 and 64 in flight, and over how many
# connections. What stands for the vault is no measure of Azure's speed.
bench_vault() {
    local exports threads all before=0
    mkdir "$1/vaults"
    cd "$1/vaults"
    start_vaults
    (backend start --dir "$1/vault" >/dev/null)
    { echo; cat "$1/vaults/vaults.toml"; } >>"$1/vault/supacryptd.toml"
    exports=$(backend restart --dir "$1/vault")
    eval "$exports"
    cd "$1/vaults"
    our_token remote --custodian cloud >/dev/null
    for threads in 1 16 64; do
        control_vaults counts >/dev/null
        "$(programs_dir release)/supacrypt-bench" --quick --subjects --threads "$threads" \
            --remote "$1/vault/client.toml" >table
        all=$(signatures "$1/vault")
        printf 'keys in a vault, %2d in flight: %d signatures; it counted %s\n' "$threads" $((all - before)) \
            "$(control_vaults counts)"
        before=$all
    done
}

# signatures DIR: how many the backend in there has made.
signatures() {
    curl -fsS "http://$(jq -r .metrics "$1/data/endpoints.json")/metrics" |
        awk '/^supacrypt_operations_total.*operation="sign".*succeeded/ { sum += $2 } END { print sum + 0 }'
}
