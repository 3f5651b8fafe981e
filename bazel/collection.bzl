"""A release, as one folder."""

def _collection_impl(ctx):
    folder = ctx.actions.declare_directory(ctx.label.name)
    listed = ctx.actions.args()
    listed.add_all(ctx.files.srcs)
    ctx.actions.run(
        executable = ctx.executable._tool,
        arguments = [ctx.file._manifest.path, folder.path, listed],
        inputs = ctx.files.srcs + [ctx.file._manifest],
        outputs = [folder],
        mnemonic = "Collection",
        progress_message = "Collecting %{label}",
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([folder]))]

collection = rule(
    implementation = _collection_impl,
    doc = "Copies files into one folder, named with the version of Cargo.toml, with their SHA256SUMS.",
    attrs = {
        "srcs": attr.label_list(mandatory = True, allow_files = True),
        "_manifest": attr.label(default = "//:Cargo.toml", allow_single_file = True),
        "_tool": attr.label(default = "//bazel:collect.sh", allow_single_file = True, executable = True, cfg = "exec"),
    },
)
