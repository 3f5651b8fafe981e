# Building. Sourced.
# shellcheck shell=bash

# build_programs dist|release|dev: the backend, the command and the PKCS#11 module.
build_programs() {
    local profile=$1
    cd "$SUPACRYPT_ROOT"
    # Apart, as in a release: the module must not get what the backend uses of tokio.
    cargo build --locked --profile "$profile" -p supacrypt-server
    cargo build --locked --profile "$profile" -p supacrypt-cli -p supacrypt-pkcs11
}

# programs_dir dist|release|dev: where they are then.
programs_dir() {
    if [ "$1" = dev ]; then echo "$CARGO_TARGET_DIR/debug"; else echo "$CARGO_TARGET_DIR/$1"; fi
}
