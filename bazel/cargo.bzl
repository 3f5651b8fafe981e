"""Cargo under Bazel.

    cargo_crate    one crate of the workspace: its sources and the crates it is made of
    cargo_layer    all third-party crates for one target, compiled
    cargo_binary   a program or library for one target, on top of its layer

Editing a crate compiles that crate and those that need it; the layer changes with Cargo.lock or a
manifest only. docs/building.md tells how it fits together.
"""

CrateInfo = provider(
    "A crate of the workspace.",
    fields = {
        "package": "its name in Cargo.toml",
        "sources": "depset of its files and those of the crates it depends on",
    },
)

LayerInfo = provider(
    "Third-party crates, compiled.",
    fields = {
        "archive": "what Cargo left in its target directory, a tar.zst",
        "triple": "Rust's name of the target, with the oldest glibc to run on where that counts",
        "packages": "names of the packages that features are chosen for",
    },
)

def _crate_impl(ctx):
    sources = depset(ctx.files.srcs, transitive = [dep[CrateInfo].sources for dep in ctx.attr.deps])
    return [
        DefaultInfo(files = depset(ctx.files.srcs)),
        CrateInfo(package = ctx.attr.package, sources = sources),
    ]

_crate = rule(
    implementation = _crate_impl,
    attrs = {
        "package": attr.string(mandatory = True),
        "srcs": attr.label_list(allow_files = True),
        "deps": attr.label_list(providers = [CrateInfo]),
    },
)

def cargo_crate(name, deps = [], data = []):
    """A crate of the workspace, in the folder that declares it.

    Args:
      name: the folder's name; the package is called supacrypt-NAME
      deps: the workspace's crates that it depends on
      data: files outside src that it is compiled from
    """
    _crate(
        name = name,
        package = "supacrypt-" + name,
        srcs = native.glob(["Cargo.toml", "build.rs", "src/**"], allow_empty = True) + data,
        deps = deps,
        visibility = ["//visibility:public"],
    )
    native.exports_files(["Cargo.toml"])

def _all_processors(_os, _inputs):
    # Cargo uses all of them by itself.
    return {"cpu": 1024, "memory": 4096}

_COMMON = {
    "_tool": attr.label(default = "//bazel:cargo.sh", allow_single_file = True, executable = True, cfg = "exec"),
    "_crates": attr.label(default = "@crates//:crates"),
    "_workspace": attr.label(default = "//:workspace"),
}

def _run(ctx, mnemonic, triple, packages, sources, layer, output, arguments):
    crates = ctx.attr._crates.files
    workspace = ctx.attr._workspace.files
    lists = ctx.actions.args()
    lists.add_all(depset(transitive = [workspace, sources]))
    lists.use_param_file("%s", use_always = True)
    lists.set_param_file_format("multiline")
    ctx.actions.run(
        executable = ctx.executable._tool,
        arguments = [
            triple,
            ",".join(packages),
            ctx.attr._crates.files.to_list()[0].dirname,
            layer.path if layer else "-",
            output.path,
            lists,
        ] + arguments,
        inputs = depset([layer] if layer else [], transitive = [crates, workspace, sources]),
        outputs = [output],
        mnemonic = mnemonic,
        progress_message = "%s %%{label} for %s" % (mnemonic, triple),
        resource_set = _all_processors,
        use_default_shell_env = True,
    )

def _layer_impl(ctx):
    archive = ctx.actions.declare_file(ctx.label.name + ".tar.zst")
    packages = [crate[CrateInfo].package for crate in ctx.attr.crates]
    _run(ctx, "CargoLayer", ctx.attr.triple, packages, depset(), None, archive, [])
    return [
        DefaultInfo(files = depset([archive])),
        LayerInfo(archive = archive, triple = ctx.attr.triple, packages = packages),
    ]

cargo_layer = rule(
    implementation = _layer_impl,
    doc = "Compiles all third-party crates that `crates` need, for one target.",
    attrs = dict(
        _COMMON,
        triple = attr.string(mandatory = True, doc = "Rust's name of the target, .GLIBC appended for Linux"),
        crates = attr.label_list(providers = [CrateInfo], doc = "what is built on it; Cargo chooses features for these together"),
    ),
)

def _binary_impl(ctx):
    layer = ctx.attr.layer[LayerInfo]
    crate = ctx.attr.crate[CrateInfo]
    output = ctx.actions.declare_file(ctx.attr.name + "/" + ctx.attr.file)
    _run(
        ctx,
        "CargoBuild",
        layer.triple,
        layer.packages,
        crate.sources,
        layer.archive,
        output,
        [ctx.attr.file],
    )
    return [DefaultInfo(files = depset([output]))]

cargo_binary = rule(
    implementation = _binary_impl,
    doc = "Builds one program or library for the target of its layer.",
    attrs = dict(
        _COMMON,
        crate = attr.label(mandatory = True, providers = [CrateInfo]),
        layer = attr.label(mandatory = True, providers = [LayerInfo]),
        file = attr.string(mandatory = True, doc = "the file's name as Cargo makes it"),
    ),
)
