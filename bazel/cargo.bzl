"""Cargo under Bazel.

    cargo_layer    all third-party crates for one target, compiled
    cargo_shared   crates of the workspace that several binaries are made of, compiled on a layer
    cargo_binary   a program or library for one target, on top of its layer
    cargo_tests    the test programs of all crates, on top of a layer

Editing a crate compiles that crate and those that need it; a layer of third-party crates changes with
what its packages depend on only. docs/building.md tells how it fits together.
"""

load(":crate.bzl", "CrateInfo")
load(":workspace.bzl", "SCRIPTS", "WorkspaceInfo", "one_processor", "run_in_workspace", "script")

LayerInfo = provider(
    "Crates, compiled.",
    fields = {
        "archives": "what Cargo left in its target directory, each a tar.zst; the first is unpacked first",
        "sources": "depset of the files of the workspace's crates that are compiled in it",
        "workspace": "the WorkspaceInfo that it was made of",
        "target": "Rust's name of the target, with the oldest glibc to run on where that counts",
        "profile": "the profile of Cargo.toml that it is built with, or `test`",
        "engine_flags": "what the C compiler is told for the crypto engine",
    },
)

def _kind(layer):
    """What the scripts are told of a layer: what is built in it, and what is built on it."""
    return [layer.target, layer.profile, layer.workspace.packages, layer.engine_flags]

def _layer_impl(ctx):
    archive = ctx.actions.declare_file(ctx.label.name + ".tar.zst")
    workspace = ctx.attr.workspace[WorkspaceInfo]
    layer = LayerInfo(
        archives = [archive],
        sources = depset(),
        workspace = workspace,
        target = ctx.attr.target,
        profile = ctx.attr.profile,
        engine_flags = ctx.attr.engine_flags,
    )
    run_in_workspace(ctx, workspace, "CargoLayer", [archive], _kind(layer) + [archive.path])
    return [DefaultInfo(files = depset([archive])), layer]

cargo_layer = rule(
    implementation = _layer_impl,
    doc = "Compiles all third-party crates of `workspace` for one target.",
    attrs = dict(
        SCRIPTS,
        target = attr.string(mandatory = True, doc = "Rust's name of the target, .GLIBC appended for Linux releases"),
        profile = attr.string(default = "dist", doc = "the profile of Cargo.toml, or `test`"),
        workspace = attr.label(mandatory = True, providers = [WorkspaceInfo]),
        engine_flags = attr.string(doc = "what the C compiler is told for the crypto engine"),
        _script = script("layer"),
    ),
)

def _shared_impl(ctx):
    archive = ctx.actions.declare_file(ctx.label.name + ".tar.zst")
    layer = ctx.attr.layer[LayerInfo]
    sources = [crate[CrateInfo].sources for crate in ctx.attr.crates]
    run_in_workspace(
        ctx,
        layer.workspace,
        "CargoShared",
        [archive],
        _kind(layer) + [archive.path],
        sources = sources,
        layer = layer,
        resources = one_processor,
    )
    return [DefaultInfo(files = depset([archive])), LayerInfo(
        archives = layer.archives + [archive],
        sources = depset(transitive = [layer.sources] + sources),
        workspace = layer.workspace,
        target = layer.target,
        profile = layer.profile,
        engine_flags = layer.engine_flags,
    )]

cargo_shared = rule(
    implementation = _shared_impl,
    doc = "Compiles `crates` and what they depend on, on a layer; the two together are a layer again.",
    attrs = dict(
        SCRIPTS,
        crates = attr.label_list(mandatory = True, providers = [CrateInfo]),
        layer = attr.label(mandatory = True, providers = [LayerInfo]),
        _script = script("layer"),
    ),
)

def _binary_impl(ctx):
    layer = ctx.attr.layer[LayerInfo]
    stripped = ctx.actions.declare_file(ctx.attr.name + "/" + ctx.attr.file)
    symbols = ctx.actions.declare_file(ctx.attr.name + "/" + ctx.attr.file + ".debug")
    run_in_workspace(
        ctx,
        layer.workspace,
        "CargoBuild",
        [stripped, symbols],
        _kind(layer) + [
            ctx.attr.file,
            stripped.path,
            symbols.path,
            ctx.var.get("COMMIT", "") if ctx.attr.shows_commit else "",
        ],
        sources = [ctx.attr.crate[CrateInfo].sources],
        layer = layer,
        inputs = [ctx.file._symbols],
        resources = one_processor,
    )
    return [
        DefaultInfo(files = depset([stripped]), runfiles = ctx.runfiles([stripped])),
        OutputGroupInfo(symbols = depset([symbols])),
    ]

cargo_binary = rule(
    implementation = _binary_impl,
    doc = """Builds one program or library for the target of its layer, without symbols; those are in the
output group `symbols`.""",
    attrs = dict(
        SCRIPTS,
        crate = attr.label(mandatory = True, providers = [CrateInfo]),
        layer = attr.label(mandatory = True, providers = [LayerInfo]),
        file = attr.string(mandatory = True, doc = "the file's name as Cargo makes it"),
        shows_commit = attr.bool(doc = "it shows what it is built from, which `--define=COMMIT=...` says"),
        _script = script("binary"),
        _symbols = attr.label(default = "//bazel:cargo/symbols.sh", allow_single_file = True),
    ),
)

def _tests_impl(ctx):
    layer = ctx.attr.layer[LayerInfo]
    programs = ctx.actions.declare_directory(ctx.label.name)
    crates = [crate[CrateInfo] for crate in ctx.attr.crates]
    run_in_workspace(
        ctx,
        layer.workspace,
        "CargoTests",
        [programs],
        [layer.target, layer.workspace.packages, programs.path],
        sources = [crate.sources for crate in crates] + [crate.tests for crate in crates] +
                  [depset(ctx.files.data)],
        layer = layer,
    )
    return [DefaultInfo(files = depset([programs]), runfiles = ctx.runfiles([programs]))]

cargo_tests = rule(
    implementation = _tests_impl,
    doc = "Builds the test programs of `crates`, in a folder for each, and in `bin` what they start.",
    attrs = dict(
        SCRIPTS,
        crates = attr.label_list(mandatory = True, providers = [CrateInfo]),
        data = attr.label_list(allow_files = True, doc = "what else tests are compiled from"),
        layer = attr.label(mandatory = True, providers = [LayerInfo], doc = "of the profile `test`"),
        _script = script("tests"),
    ),
)
