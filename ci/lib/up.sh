# The main job: a backend, and tools nobody here wrote that use it. Sourced.
# shellcheck shell=bash

up() {
    local once=
    [ "${1:-}" = --once ] && once=1
    need_build_packages
    need_up_packages
    step "build (release)" build_programs release

    local dir=$SUPACRYPT_CACHE/dev-backend exports work
    if backend_pid "$dir" >/dev/null; then
        say "the backend in $dir runs already"
        exports=$(backend env --dir "$dir")
    else
        exports=$(backend start --dir "$dir")
    fi
    eval "$exports"
    work=$(mktemp -d)
    # shellcheck disable=SC2064  # the directory of now is meant
    trap "rm -rf '$work'" EXIT
    show_work "$work"

    if [ -n "$once" ]; then
        backend stop --dir "$dir"
        say "the backend is stopped; './dev up' starts it again, with the same keys"
        return
    fi
    cat <<DONE

The backend runs as process $SUPACRYPTD_PID. To use it from this shell:

  eval "\$(./dev backend env)"
  pkcs11-tool --module \$P11_MODULE --list-objects
  $(programs_dir release)/supacrypt key list

It ends with: ./dev backend stop
DONE
}

show_work() {
    local work=$1 run ec rsa pkcs11
    run=$(date +%H%M%S)
    ec=up-ec-$run
    rsa=up-rsa-$run
    pkcs11=(pkcs11-tool --module "$P11_MODULE" --token-label "$P11_TOKEN")
    openssl_engine_config "$work/engine.cnf"
    local engine=(env "OPENSSL_CONF=$work/engine.cnf" openssl)
    local uri="pkcs11:token=$P11_TOKEN;type=private;object"
    head -c 1000000 /dev/urandom >"$work/file"

    echo
    timed "pkcs11-tool makes an EC key on the token" \
        "${pkcs11[@]}" --keypairgen --key-type EC:prime256v1 --label "$ec" --id "$(id_of "$ec")"
    timed "pkcs11-tool makes an RSA key on the token" \
        "${pkcs11[@]}" --keypairgen --key-type RSA:2048 --label "$rsa" --id "$(id_of "$rsa")"
    timed "OpenSSL's engine signs a file with the EC key" \
        "${engine[@]}" dgst -engine pkcs11 -keyform engine -sha256 -sign "$uri=$ec" \
        -out "$work/signature" "$work/file"
    timed "OpenSSL's engine issues a certificate request with the RSA key" \
        "${engine[@]}" req -new -engine pkcs11 -keyform engine -key "$uri=$rsa" \
        -subj "/CN=up.example.org" -sha256 -out "$work/request.pem"
    timed "GnuTLS's p11tool exports the EC public key" \
        p11tool --provider "$P11_MODULE" --batch --export-pubkey --outfile "$work/public.pem" \
        "$uri=$ec"
    timed "plain OpenSSL verifies the file's signature" \
        openssl dgst -sha256 -verify "$work/public.pem" \
        -signature "$work/signature" "$work/file"
    timed "plain OpenSSL verifies the certificate request" \
        openssl req -verify -noout -in "$work/request.pem"
    echo
    echo "the audit log knows who did what:"
    "$(programs_dir release)/supacrypt" --config "$SUPACRYPT_ADMIN_CONFIG" audit tail -n 8
}

# An object id of its own for each label, in hexadecimal.
id_of() { printf %s "$1" | sha256sum | cut -c1-16; }

# openssl_engine_config FILE: loads our module into OpenSSL's PKCS#11 engine.
openssl_engine_config() {
    local engines
    engines=$(openssl version -e | sed 's/.*"\(.*\)"/\1/')
    cat >"$1" <<CONFIG
openssl_conf = init
[init]
engines = engines
[engines]
pkcs11 = pkcs11
[pkcs11]
engine_id = pkcs11
dynamic_path = $engines/pkcs11.so
MODULE_PATH = $P11_MODULE
init = 0
[req]
distinguished_name = name
[name]
CONFIG
}
