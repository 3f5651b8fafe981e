"""The crates of the workspace, as in Cargo.toml."""

MANIFESTS = ["//rust/%s:Cargo.toml" % member for member in [
    "bench",
    "cli",
    "client",
    "core",
    "crypto",
    "pkcs11",
    "pki",
    "proto",
    "server",
    "testkit",
]]
