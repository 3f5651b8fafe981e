"""Tests of what is released."""

def _binary(release, crate):
    return "//release:%s-%s" % (release, crate)

def check_files(release):
    """The structure of a release's files.

    Args:
      release: its name
    """
    system = release.split("-")[0]
    script = {"linux": "elf.sh", "windows": "pe.sh", "macos": "macho.sh"}[system]
    tools = ["macho_signature.py"] if system == "macos" else []
    binaries = [_binary(release, crate) for crate in ["pkcs11", "cli"] + (["server"] if system == "linux" else [])]
    native.sh_test(
        name = release + "_files_test",
        size = "small",
        srcs = [script],
        args = ["$(rootpath %s)" % file for file in tools + binaries],
        data = ["limits.sh"] + tools + binaries,
    )

def check_signing(release, compiler):
    """Keys and signatures through a release's module, against a backend of this system.

    Args:
      release: its name
      compiler: what compiles C for it
    """
    program = release + "-sign"
    header = "//bindings/c:supacrypt_pkcs11.h"
    native.genrule(
        name = program,
        srcs = ["sign.c", header],
        outs = [program + ".exe"],
        cmd = "%s -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I$$(dirname $(location %s)) -I/usr/include/p11-kit-1 -o $@ $(location sign.c) %s" %
              (compiler, header, "" if release.startswith("windows-") else "-ldl"),
    )
    files = [
        _binary("linux-x86_64", "cli"),
        _binary("linux-x86_64", "server"),
        program,
        _binary(release, "pkcs11"),
        _binary(release, "cli"),
    ]
    native.sh_test(
        name = release + "_sign_test",
        size = "medium",
        srcs = ["sign.sh"],
        args = [release] + ["$(rootpath %s)" % file for file in files],
        data = {file: None for file in files}.keys(),
    )
