"""What is released, for which systems."""

load("//bazel:cargo.bzl", "cargo_binary", "cargo_layer")

# Names as in archives. `server` is missing where the backend is not released. The oldest Linux: glibc 2.28 is that of RHEL 8 and Debian 10.
TARGETS = {
    "linux-x86_64": {
        "triple": "x86_64-unknown-linux-gnu.2.28",
        "module": "libsupacrypt_pkcs11.so",
        "server": "supacryptd",
    },
    "linux-aarch64": {
        "triple": "aarch64-unknown-linux-gnu.2.28",
        "module": "libsupacrypt_pkcs11.so",
        "server": "supacryptd",
    },
    "windows-x86_64": {
        "triple": "x86_64-pc-windows-gnu",
        "module": "supacrypt_pkcs11.dll",
        "suffix": ".exe",
    },
    "windows-i686": {
        "triple": "i686-pc-windows-gnu",
        "module": "supacrypt_pkcs11.dll",
        "suffix": ".exe",
    },
}

def _binaries(name, triple, module, suffix = "", server = None):
    files = {"pkcs11": module, "cli": "supacrypt" + suffix}
    if server:
        files["server"] = server
    cargo_layer(
        name = name + "-layer",
        crates = ["//rust/" + crate for crate in files],
        triple = triple,
    )
    for crate, file in files.items():
        cargo_binary(
            name = name + "-" + crate,
            crate = "//rust/" + crate,
            file = file,
            layer = name + "-layer",
        )
    native.filegroup(
        name = name,
        srcs = [name + "-" + crate for crate in files],
    )

def release_binaries():
    """The PKCS#11 module, the command and the backend for each target, each on the target's layer."""
    for name, target in TARGETS.items():
        _binaries(name, **target)
