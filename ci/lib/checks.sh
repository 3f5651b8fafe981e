# What CI checks. Sourced.
# shellcheck shell=bash

lint() {
    need_build_packages
    need_lint_tools
    cd "$SUPACRYPT_ROOT"
    step "rustfmt" cargo fmt --all --check
    step "rustfmt (fuzz)" cargo fmt --manifest-path fuzz/Cargo.toml --check
    step "clippy" cargo clippy --locked --workspace --all-targets -- -D warnings
    step "shellcheck" shellcheck -x dev .ci/run ci/*/*.sh ci/judges/root/*.sh bazel/*.sh bazel/cargo/*.sh \
        bindings/c/*.sh release/tests/*.sh
    step "cargo-deny" "$SUPACRYPT_CACHE/tools/bin/cargo-deny" --locked check --hide-inclusion-graph \
        bans licenses sources
}

run_tests() {
    case ${1:-} in
        '' | --all) ;;
        *) die "test does not know '$1'; it takes --all" ;;
    esac
    lint
    need_test_packages
    need_judge_packages
    cd "$SUPACRYPT_ROOT"
    step "build (dev)" cargo build --locked --workspace --all-targets
    step "tests" cargo test --locked --workspace
    step "judges" "$SUPACRYPT_ROOT/ci/judges/run.sh"
    if [ "${1:-}" = --all ]; then
        need_sdk_packages
        in_sdk true
        step "releases" in_sdk bazel test --color=no --curses=no --show_progress_rate_limit=60 //...
        step "releases by MODULE.bazel" in_sdk bazel/with_modules.sh build --nobuild --color=no --curses=no //...
    fi
}
