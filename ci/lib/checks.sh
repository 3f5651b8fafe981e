# What CI checks. Sourced.
# shellcheck shell=bash

lint() {
    need_build_packages
    need_lint_tools
    cd "$SUPACRYPT_ROOT"
    step "rustfmt" cargo fmt --all --check
    step "clippy" cargo clippy --locked --workspace --all-targets -- -D warnings
    step "shellcheck" shellcheck dev .ci/run ci/lib/*.sh ci/judges/*.sh ci/sdk/*.sh bazel/*.sh
    step "cargo-deny" "$SUPACRYPT_CACHE/tools/bin/cargo-deny" --locked check --hide-inclusion-graph \
        bans licenses sources
}

run_tests() {
    lint
    need_judge_packages
    cd "$SUPACRYPT_ROOT"
    step "build (dev)" cargo build --locked --workspace --all-targets
    step "tests" cargo test --locked --workspace
    step "judges" "$SUPACRYPT_ROOT/ci/judges/run.sh"
}
