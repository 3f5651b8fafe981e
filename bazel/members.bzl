"""The crates of the workspace, as in Cargo.toml."""

MEMBERS = [
    "bench",
    "cli",
    "client",
    "core",
    "crypto",
    "p11check",
    "pkcs11",
    "pki",
    "proto",
    "server",
    "testkit",
]

MANIFESTS = ["//rust/%s:Cargo.toml" % member for member in MEMBERS]
