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

# Measures what is released: the profile that Bazel builds with.
bench() {
    need_build_packages
    need_bench_packages
    step "build (dist)" build_programs dist
    cd "$SUPACRYPT_ROOT"
    step "build the bench" cargo build --locked --release -p supacrypt-bench
    export SUPACRYPT_PROFILE=dist
    local dir
    dir=$(mktemp -d)
    trap 'backend stop --dir "'"$dir"'/backend" >&2 || true; rm -rf "'"$dir"'"' EXIT
    local exports
    exports=$(backend start --dir "$dir/backend")
    eval "$exports"
    "$(programs_dir release)/supacrypt-bench" "$@"
}
