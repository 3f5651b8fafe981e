"""Cargo under Bazel.

    cargo_crate    one crate of the workspace: its sources and the crates it is made of
    cargo_layer    all third-party crates for one target, compiled
    cargo_shared   crates of the workspace that several binaries are made of, compiled on a layer
    cargo_binary   a program or library for one target, on top of its layer
    cargo_tests    the test programs of all crates, on top of a layer
    cargo_files    the sources of crates, for tests that read them when they run
    cargo_sbom     what a crate is made of
    cargo_licenses the licences of what crates are made of

Editing a crate compiles that crate and those that need it; the layer of third-party crates changes
with Cargo.lock or a manifest only. docs/building.md tells how it fits together.
"""

CrateInfo = provider(
    "A crate of the workspace.",
    fields = {
        "package": "its name in Cargo.toml",
        "sources": "depset of its files and those of the crates it depends on",
        "tests": "depset of the files of its tests and benchmarks",
    },
)

LayerInfo = provider(
    "Crates, compiled.",
    fields = {
        "archives": "what Cargo left in its target directory, each a tar.zst; the first is unpacked first",
        "sources": "depset of the files of the workspace's crates that are compiled in it",
        "target": "Rust's name of the target, with the oldest glibc to run on where that counts",
        "profile": "the profile of Cargo.toml that it is built with, or `test`",
        "packages": "names of the packages that features are chosen for",
        "engine_flags": "what the C compiler is told for the crypto engine",
    },
)

def _crate_impl(ctx):
    sources = depset(ctx.files.srcs, transitive = [dep[CrateInfo].sources for dep in ctx.attr.deps])
    return [
        DefaultInfo(files = depset(ctx.files.srcs)),
        CrateInfo(package = ctx.attr.package, sources = sources, tests = depset(ctx.files.tests)),
    ]

_crate = rule(
    implementation = _crate_impl,
    attrs = {
        "package": attr.string(mandatory = True),
        "srcs": attr.label_list(allow_files = True),
        "tests": attr.label_list(allow_files = True),
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
        tests = native.glob(["tests/**", "benches/**"], allow_empty = True),
        deps = deps,
        visibility = ["//visibility:public"],
    )
    native.exports_files(["Cargo.toml"])

def _all_processors(_os, _inputs):
    # Cargo uses all of them by itself.
    return {"cpu": 1024, "memory": 4096}

def _one_processor(_os, _inputs):
    # Most of the time goes into the one thread that optimizes across all crates.
    return {"cpu": 1, "memory": 3072}

def _script(name):
    return attr.label(default = "//bazel:cargo/%s.sh" % name, allow_single_file = True, executable = True, cfg = "exec")

_COMMON = {
    "_scripts": attr.label(default = "//bazel:cargo"),
    "_crates": attr.label(default = "@crates//:crates"),
    "_workspace": attr.label(default = "//:workspace"),
}

def _listed(ctx, files):
    lines = ctx.actions.args()
    lines.add_all(files)
    lines.use_param_file("%s", use_always = True)
    lines.set_param_file_format("multiline")
    return lines

def _run(ctx, mnemonic, outputs, arguments, sources = [], layer = None, inputs = [], resources = _all_processors):
    """Runs the rule's script with what make_workspace in workspace.sh takes, and `arguments`."""
    crates = ctx.attr._crates.files
    archives = layer.archives if layer else []
    compiled = layer.sources if layer else depset()
    sources = depset(transitive = [ctx.attr._workspace.files, compiled] + sources)
    ctx.actions.run(
        executable = ctx.executable._script,
        arguments = [
            crates.to_list()[0].dirname,
            _listed(ctx, sources),
            _listed(ctx, compiled),
            ":".join([archive.path for archive in archives]),
        ] + arguments,
        inputs = depset(inputs + archives, transitive = [crates, sources, ctx.attr._scripts.files]),
        outputs = outputs,
        mnemonic = mnemonic,
        progress_message = "%s %%{label}" % mnemonic,
        resource_set = resources,
        use_default_shell_env = True,
    )

def _kind(layer):
    """What the scripts are told of a layer: what is built in it, and what is built on it."""
    return [layer.target, layer.profile, layer.packages, layer.engine_flags]

def _layer_impl(ctx):
    archive = ctx.actions.declare_file(ctx.label.name + ".tar.zst")
    layer = LayerInfo(
        archives = [archive],
        sources = depset(),
        target = ctx.attr.target,
        profile = ctx.attr.profile,
        packages = ",".join([crate[CrateInfo].package for crate in ctx.attr.crates]),
        engine_flags = ctx.attr.engine_flags,
    )
    _run(ctx, "CargoLayer", [archive], _kind(layer) + [archive.path])
    return [DefaultInfo(files = depset([archive])), layer]

cargo_layer = rule(
    implementation = _layer_impl,
    doc = "Compiles all third-party crates that `crates` need, for one target.",
    attrs = dict(
        _COMMON,
        target = attr.string(mandatory = True, doc = "Rust's name of the target, .GLIBC appended for Linux releases"),
        profile = attr.string(default = "dist", doc = "the profile of Cargo.toml, or `test`"),
        crates = attr.label_list(providers = [CrateInfo], doc = "what is built on it; Cargo chooses features for these together"),
        engine_flags = attr.string(doc = "what the C compiler is told for the crypto engine"),
        _script = _script("layer"),
    ),
)

def _shared_impl(ctx):
    archive = ctx.actions.declare_file(ctx.label.name + ".tar.zst")
    layer = ctx.attr.layer[LayerInfo]
    sources = [crate[CrateInfo].sources for crate in ctx.attr.crates]
    _run(
        ctx,
        "CargoShared",
        [archive],
        _kind(layer) + [archive.path],
        sources = sources,
        layer = layer,
        resources = _one_processor,
    )
    return [DefaultInfo(files = depset([archive])), LayerInfo(
        archives = layer.archives + [archive],
        sources = depset(transitive = [layer.sources] + sources),
        target = layer.target,
        profile = layer.profile,
        packages = layer.packages,
        engine_flags = layer.engine_flags,
    )]

cargo_shared = rule(
    implementation = _shared_impl,
    doc = "Compiles `crates` and what they depend on, on a layer; the two together are a layer again.",
    attrs = dict(
        _COMMON,
        crates = attr.label_list(mandatory = True, providers = [CrateInfo]),
        layer = attr.label(mandatory = True, providers = [LayerInfo]),
        _script = _script("layer"),
    ),
)

def _binary_impl(ctx):
    layer = ctx.attr.layer[LayerInfo]
    stripped = ctx.actions.declare_file(ctx.attr.name + "/" + ctx.attr.file)
    symbols = ctx.actions.declare_file(ctx.attr.name + "/" + ctx.attr.file + ".debug")
    _run(
        ctx,
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
        resources = _one_processor,
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
        _COMMON,
        crate = attr.label(mandatory = True, providers = [CrateInfo]),
        layer = attr.label(mandatory = True, providers = [LayerInfo]),
        file = attr.string(mandatory = True, doc = "the file's name as Cargo makes it"),
        shows_commit = attr.bool(doc = "it shows what it is built from, which `--define=COMMIT=...` says"),
        _script = _script("binary"),
        _symbols = attr.label(default = "//bazel:cargo/symbols.sh", allow_single_file = True),
    ),
)

def _tests_impl(ctx):
    layer = ctx.attr.layer[LayerInfo]
    programs = ctx.actions.declare_directory(ctx.label.name)
    crates = [crate[CrateInfo] for crate in ctx.attr.crates]
    _run(
        ctx,
        "CargoTests",
        [programs],
        [layer.target, layer.packages, programs.path],
        sources = [crate.sources for crate in crates] + [crate.tests for crate in crates] +
                  [depset(ctx.files.data)],
        layer = layer,
    )
    return [DefaultInfo(files = depset([programs]), runfiles = ctx.runfiles([programs]))]

cargo_tests = rule(
    implementation = _tests_impl,
    doc = "Builds the test programs of `crates`, in a folder for each, and in `bin` what they start.",
    attrs = dict(
        _COMMON,
        crates = attr.label_list(mandatory = True, providers = [CrateInfo]),
        data = attr.label_list(allow_files = True, doc = "what else tests are compiled from"),
        layer = attr.label(mandatory = True, providers = [LayerInfo], doc = "of the profile `test`"),
        _script = _script("tests"),
    ),
)

def _sbom_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".cdx.json")
    package = ctx.attr.crate[CrateInfo].package
    _run(ctx, "CargoSbom", [output], [package, output.path], resources = _one_processor)
    return [DefaultInfo(files = depset([output]))]

cargo_sbom = rule(
    implementation = _sbom_impl,
    doc = "What a crate is made of, in CycloneDX.",
    attrs = dict(
        _COMMON,
        crate = attr.label(mandatory = True, providers = [CrateInfo]),
        _script = _script("sbom"),
    ),
)

def _licenses_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".txt")
    packages = ",".join([crate[CrateInfo].package for crate in ctx.attr.crates])
    _run(ctx, "CargoLicenses", [output], [packages, output.path], resources = _one_processor)
    return [DefaultInfo(files = depset([output]))]

cargo_licenses = rule(
    implementation = _licenses_impl,
    doc = "The licences of all third-party crates that `crates` are made of, with their texts.",
    attrs = dict(
        _COMMON,
        crates = attr.label_list(mandatory = True, providers = [CrateInfo]),
        _script = _script("licenses"),
    ),
)

def _files_impl(ctx):
    crates = [crate[CrateInfo] for crate in ctx.attr.crates]
    files = depset(transitive = [crate.sources for crate in crates] + [crate.tests for crate in crates])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

cargo_files = rule(
    implementation = _files_impl,
    doc = "The sources of `crates`, tests included, for tests that read them when they run.",
    attrs = {"crates": attr.label_list(mandatory = True, providers = [CrateInfo])},
)
