"""What Cargo reads beside sources, cut down to what some packages need.

    cargo_workspace    manifests, the lock and third-party crates, for some packages

What is built of one such workspace does not notice when others get another dependency.
"""

load(":crate.bzl", "CrateInfo")

WorkspaceInfo = provider(
    "What Cargo needs for some packages, sources aside.",
    fields = {
        "manifests": "folder with the workspace's manifests, its lock and Cargo's configuration",
        "crates": "folder with the archives of the third-party crates in the lock, and SHA256SUMS",
        "packages": "names of the packages, separated by commas; Cargo chooses features for these together",
    },
)

def script(name):
    """The attribute for a script that is a rule's action."""
    return attr.label(default = "//bazel:cargo/%s.sh" % name, allow_single_file = True, executable = True, cfg = "exec")

def packages(crates):
    """Names of packages, as scripts take them."""
    return ",".join([crate[CrateInfo].package for crate in crates])

def _workspace_impl(ctx):
    manifests = ctx.actions.declare_directory(ctx.label.name)
    crates = ctx.actions.declare_directory(ctx.label.name + "-crates")
    archives = ctx.attr._crates.files
    ctx.actions.run(
        executable = ctx.executable._script,
        arguments = [
            archives.to_list()[0].dirname,
            "" if ctx.attr.tests else packages(ctx.attr.crates),
            manifests.path,
            crates.path,
        ] + [file.path for file in ctx.files._manifests],
        inputs = depset(ctx.files._manifests, transitive = [archives, ctx.attr._scripts.files]),
        outputs = [manifests, crates],
        mnemonic = "CargoWorkspace",
        progress_message = "CargoWorkspace %{label}",
        use_default_shell_env = True,
    )
    return [
        DefaultInfo(files = depset([manifests])),
        WorkspaceInfo(manifests = manifests, crates = crates, packages = packages(ctx.attr.crates)),
    ]

cargo_workspace = rule(
    implementation = _workspace_impl,
    doc = "Manifests and third-party crates, as far as `crates` need them.",
    attrs = {
        "crates": attr.label_list(mandatory = True, providers = [CrateInfo]),
        "tests": attr.bool(doc = "leave all there is, which is what tests need"),
        "_manifests": attr.label(default = "//:manifests"),
        "_crates": attr.label(default = "@crates//:crates"),
        "_script": script("select"),
        "_scripts": attr.label(default = "//bazel:select"),
    },
)

def all_processors(_os, _inputs):
    # Cargo uses all of them by itself.
    return {"cpu": 1024, "memory": 4096}

def one_processor(_os, _inputs):
    # Most of the time goes into the one thread that optimizes across all crates.
    return {"cpu": 1, "memory": 3072}

SCRIPTS = {"_scripts": attr.label(default = "//bazel:cargo")}

def run_in_workspace(
        ctx,
        workspace,
        mnemonic,
        outputs,
        arguments,
        sources = [],
        layer = None,
        inputs = [],
        resources = all_processors):
    """Runs the rule's script with what make_workspace in workspace.sh takes, and `arguments`.

    Third-party crates are unpacked where there is no layer, which has what was made of them.
    """
    archives = layer.archives if layer else []
    compiled = layer.sources if layer else depset()
    sources = depset(transitive = [compiled] + sources)
    needed = [workspace.manifests] + archives + ([] if layer else [workspace.crates])
    ctx.actions.run(
        executable = ctx.executable._script,
        arguments = [
            "" if layer else workspace.crates.path,
            workspace.manifests.path,
            _listed(ctx, sources),
            _listed(ctx, compiled),
            ":".join([archive.path for archive in archives]),
        ] + arguments,
        inputs = depset(inputs + needed, transitive = [sources, ctx.attr._scripts.files]),
        outputs = outputs,
        mnemonic = mnemonic,
        progress_message = "%s %%{label}" % mnemonic,
        resource_set = resources,
        use_default_shell_env = True,
    )

def _listed(ctx, files):
    lines = ctx.actions.args()
    lines.add_all(files)
    lines.use_param_file("%s", use_always = True)
    lines.set_param_file_format("multiline")
    return lines
