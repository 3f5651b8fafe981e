"""What is released, for which systems."""

load("//bazel:archive.bzl", "archive")
load("//bazel:cargo.bzl", "cargo_binary", "cargo_layer", "cargo_shared")
load("//bazel:universal.bzl", "universal")
load("//bazel:workspace.bzl", "cargo_workspace")

# What Rust builds for, and the names of what it makes. glibc 2.28 is that of RHEL 8 and Debian 10.
TARGETS = {
    "linux-x86_64": struct(
        rust = "x86_64-unknown-linux-gnu.2.28",
        files = {"cli": "supacrypt", "server": "supacryptd", "pkcs11": "libsupacrypt_pkcs11.so"},
    ),
    "linux-aarch64": struct(
        rust = "aarch64-unknown-linux-gnu.2.28",
        files = {"cli": "supacrypt", "server": "supacryptd", "pkcs11": "libsupacrypt_pkcs11.so"},
    ),
    "windows-x86_64": struct(
        rust = "x86_64-pc-windows-gnu",
        files = {"cli": "supacrypt.exe", "pkcs11": "supacrypt_pkcs11.dll"},
    ),
    "windows-i686": struct(
        rust = "i686-pc-windows-gnu",
        files = {"cli": "supacrypt.exe", "pkcs11": "supacrypt_pkcs11.dll"},
    ),
    "macos-aarch64": struct(
        rust = "aarch64-apple-darwin",
        files = {"cli": "supacrypt", "pkcs11": "libsupacrypt_pkcs11.dylib"},
    ),
    "macos-x86_64": struct(
        rust = "x86_64-apple-darwin",
        files = {"cli": "supacrypt", "pkcs11": "libsupacrypt_pkcs11.dylib"},
    ),
}

# What is released in one file for several processors.
UNIVERSAL = {"macos-universal": ["macos-aarch64", "macos-x86_64"]}

# Names of archives.
RELEASES = [
    name
    for name in list(TARGETS) + list(UNIVERSAL)
    if not [parts for parts in UNIVERSAL.values() if name in parts]
]

# What is built together, and so has the same features of third-party crates. Not the backend with the
# module: with the backend's features tokio has two sockets open that stay when the module is finalized.
_TOGETHER = {
    "layer": struct(
        workspace = "clients",
        crates = ["cli", "pkcs11"],
        shared = ["client"],
        # AES-GCM for AVX-512 weighs 680 KB, and what the module encrypts are small records. The same
        # word leaves out RSA for AVX-512; the backend, which signs, keeps both.
        engine_flags = "-DMY_ASSEMBLER_IS_TOO_OLD_FOR_512AVX",
    ),
    "server-layer": struct(
        workspace = "backend",
        crates = ["server"],
        shared = [],
        engine_flags = "",
    ),
}

def _binaries(name, target):
    for suffix, together in _TOGETHER.items():
        crates = [crate for crate in together.crates if crate in target.files]
        if not crates:
            continue
        layer = "%s-%s" % (name, suffix)
        cargo_layer(
            name = layer,
            engine_flags = together.engine_flags,
            target = target.rust,
            workspace = together.workspace,
        )
        if together.shared:
            shared = layer + "-shared"
            cargo_shared(
                name = shared,
                crates = ["//rust/" + crate for crate in together.shared],
                layer = layer,
            )
            layer = shared
        for crate in crates:
            cargo_binary(
                name = "%s-%s" % (name, crate),
                crate = "//rust/" + crate,
                file = target.files[crate],
                layer = layer,
                shows_commit = crate != "pkcs11",
            )

def _archives(name, files):
    windows = name.startswith("windows-")
    places = {
        # Windows looks for DLLs beside programs.
        "%s-%s" % (name, crate): ("lib/" if crate == "pkcs11" and not windows else "bin/") + file
        for crate, file in files.items()
    }
    format = "zip" if windows else "tar.gz"
    archive(
        name = name,
        files = places | {
            "//:LICENSE": "LICENSE",
            "//release:licenses": "LICENSES-THIRD-PARTY.txt",
            "//:CHANGELOG.md": "CHANGELOG.md",
            "//bindings/c:supacrypt_pkcs11.h": "include/supacrypt_pkcs11.h",
        },
        folder = "supacrypt-@VERSION@-" + name,
        format = format,
    )
    archive(
        name = name + "-symbols",
        files = {
            binary: (
                # Where a debugger of Apple's looks for them.
                "%s.dSYM/Contents/Resources/DWARF/%s" % (place, place.split("/")[-1]) if name.startswith("macos-") else place + ".debug"
            )
            for binary, place in places.items()
        },
        folder = "supacrypt-@VERSION@-%s-symbols" % name,
        format = format,
        symbols = True,
    )

def release():
    """What each target gets, from layers to archives; `:release` is all that is published."""
    for together in _TOGETHER.values():
        cargo_workspace(
            name = together.workspace,
            crates = ["//rust/" + crate for crate in together.crates],
        )
    for name, target in TARGETS.items():
        _binaries(name, target)
    for name, parts in UNIVERSAL.items():
        for crate in TARGETS[parts[0]].files:
            universal(
                name = "%s-%s" % (name, crate),
                binaries = ["%s-%s" % (part, crate) for part in parts],
            )
    for name in RELEASES:
        _archives(name, TARGETS[UNIVERSAL.get(name, [name])[0]].files)
    native.filegroup(
        name = "archives",
        srcs = RELEASES + [name + "-symbols" for name in RELEASES],
    )
