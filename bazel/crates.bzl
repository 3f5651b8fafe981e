"""The third-party crates of Cargo.lock, as files.

Cargo fetches them, as it does everywhere else; this checks each against its checksum in the lock and
hands it on as the archive it came in: some hundred inputs, and not some ten thousand.
"""

def _locked(lock):
    """Name, version and checksum of each crate in a Cargo.lock that comes from a registry."""
    found = []
    for block in lock.split("[[package]]")[1:]:
        fields = {}
        for line in block.splitlines():
            key, separator, value = line.partition(" = ")
            if separator and value.startswith("\""):
                fields[key] = value.strip("\"")
        if "checksum" in fields:
            found.append(fields)
    return found

def _crates_impl(ctx):
    root = ctx.workspace_root
    for label in ctx.attr.manifests + [ctx.attr.lock]:
        ctx.watch(ctx.path(label))

    home = "/cache/cargo"
    fetched = ctx.execute(
        ["cargo", "fetch", "--quiet", "--locked", "--manifest-path", root.get_child("Cargo.toml")],
        environment = {"CARGO_HOME": home},
        timeout = 1800,
    )
    if fetched.return_code:
        fail("cargo could not fetch the crates of Cargo.lock:\n" + fetched.stderr)

    # Copied, and not watched: Bazel would take what it saw there before for what is there now.
    archives = {}
    for registry in ctx.path(home + "/registry/cache").readdir(watch = "no"):
        for archive in registry.readdir(watch = "no"):
            archives[archive.basename] = archive
    sums = []
    copied = []
    for crate in _locked(ctx.read(ctx.path(ctx.attr.lock))):
        name = "{name}-{version}.crate".format(**crate)
        copied.append(archives[name])
        sums.append("{}  {}".format(crate["checksum"], name))
    copying = ctx.execute(["cp", "--reflink=auto", "--target-directory=."] + copied)
    if copying.return_code:
        fail("crates could not be copied:\n" + copying.stderr)
    ctx.file("SHA256SUMS", "\n".join(sums) + "\n", executable = False)
    checked = ctx.execute(["sha256sum", "--quiet", "--check", "SHA256SUMS"])
    if checked.return_code:
        fail("crates differ from Cargo.lock:\n" + checked.stdout + checked.stderr)

    ctx.file("BUILD.bazel", """
filegroup(
    name = "crates",
    srcs = glob(["*.crate"]) + ["SHA256SUMS"],
    visibility = ["//visibility:public"],
)
""", executable = False)

crates = repository_rule(
    implementation = _crates_impl,
    doc = "Fetches the crates that a Cargo.lock names; `:crates` are their archives.",
    attrs = {
        "lock": attr.label(mandatory = True, doc = "Cargo.lock"),
        "manifests": attr.label_list(doc = "The workspace's manifests: what Cargo reads beside the lock."),
    },
)
