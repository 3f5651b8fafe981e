"""What WORKSPACE.bazel declares, for MODULE.bazel."""

load(":crates.bzl", "crates")
load(":members.bzl", "MANIFESTS")

def _crates_of_the_lock_impl(_ctx):
    crates(
        name = "crates",
        lock = "//:Cargo.lock",
        manifests = ["//:Cargo.toml"] + MANIFESTS,
    )

crates_of_the_lock = module_extension(
    implementation = _crates_of_the_lock_impl,
    doc = "The crates of Cargo.lock, by their checksums.",
)
