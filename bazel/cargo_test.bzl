"""Rust's tests, as tests of Bazel."""

def cargo_test(crate, size = "medium", without = []):
    """Runs the test programs of a crate of the workspace.

    Args:
      crate: its folder in rust/
      size: how long they may take, in Bazel's words
      without: test programs that want what the SDK root does not have; Cargo runs them
    """
    started = ["//release:linux-x86_64-" + name for name in ["cli", "server", "pkcs11"]]
    native.sh_test(
        name = crate + "_test",
        size = size,
        srcs = ["//bazel:cargo/run_tests.sh"],
        args = [crate, "$(rootpath :tests)"] + ["$(rootpath %s)" % file for file in started] + without,
        data = [":tests", ":sources", "//docs:pages"] + started,
    )
