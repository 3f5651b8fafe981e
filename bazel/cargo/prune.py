"""Cuts the manifests of a Cargo workspace, in the working directory, down to some packages.

prune.py PACKAGE...   leaves those packages, what they are made of, and nothing that only tests need
prune.py --archives   prints the archives of the third-party crates that Cargo.lock names
"""

import re
import shutil
import sys
import tomllib
from pathlib import Path

TESTS_ONLY = re.compile(r"\[\[(test|bench)\]\]|\[.*dev-dependencies.*\]")


def sections(text):
    """The parts of a manifest, each beginning with its header in brackets."""
    return re.split(r"(?m)^(?=\[)", text)


def dependencies(manifest):
    """Names of what a package is made of, on whatever system."""
    tables = [manifest, *manifest.get("target", {}).values()]
    kinds = ("dependencies", "build-dependencies")
    return {name for table in tables for kind in kinds for name in table.get(kind, {})}


def prune(wanted):
    """Leaves the packages `wanted` and what they need."""
    root = Path("Cargo.toml")
    workspace = tomllib.loads(root.read_text())["workspace"]
    members = {f"supacrypt-{Path(path).name}": Path(path) for path in workspace["members"]}
    needed, left = set(), list(wanted)
    while left:
        name = left.pop()
        if name not in needed:
            needed.add(name)
            if name in members:
                left += dependencies(tomllib.loads((members[name] / "Cargo.toml").read_text()))

    for name, path in members.items():
        if name not in needed:
            shutil.rmtree(path)
            continue
        manifest = path / "Cargo.toml"
        kept = [part for part in sections(manifest.read_text()) if not TESTS_ONLY.match(part)]
        manifest.write_text("".join(kept))

    parts = []
    for part in sections(root.read_text()):
        if part.startswith("[workspace.dependencies]"):
            lines = part.splitlines(keepends=True)
            part = "".join(line for line in lines if " = " not in line or line.split()[0] in needed)
        elif part.startswith("[workspace]"):
            kept = sorted(str(path) for name, path in members.items() if name in needed)
            listed = "".join(f'    "{path}",\n' for path in kept)
            part = re.sub(r"members = \[[^]]*\]", f"members = [\n{listed}]", part)
        parts.append(part)
    root.write_text("".join(parts))


def archives():
    """The archives of what the lock names."""
    lock = tomllib.loads(Path("Cargo.lock").read_text())
    return [f"{it['name']}-{it['version']}.crate" for it in lock["package"] if "checksum" in it]


if __name__ == "__main__":
    if sys.argv[1:] == ["--archives"]:
        print("\n".join(archives()))
    else:
        prune(sys.argv[1:])
