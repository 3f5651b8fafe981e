"""The crates of the workspace, as Bazel knows them.

    cargo_crate    one crate: its sources and the crates it is made of
    cargo_files    the sources of crates, for tests that read them when they run
"""

CrateInfo = provider(
    "A crate of the workspace.",
    fields = {
        "package": "its name in Cargo.toml",
        "sources": "depset of its files and those of the crates it depends on, manifests aside",
        "tests": "depset of the files of its tests and benchmarks",
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
        srcs = native.glob(["build.rs", "src/**"], allow_empty = True) + data,
        tests = native.glob(["tests/**", "benches/**"], allow_empty = True),
        deps = deps,
        visibility = ["//visibility:public"],
    )
    native.exports_files(["Cargo.toml"])

def _files_impl(ctx):
    crates = [crate[CrateInfo] for crate in ctx.attr.crates]
    files = depset(transitive = [crate.sources for crate in crates] + [crate.tests for crate in crates])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

cargo_files = rule(
    implementation = _files_impl,
    doc = "The sources of `crates`, tests included, for tests that read them when they run.",
    attrs = {"crates": attr.label_list(mandatory = True, providers = [CrateInfo])},
)
