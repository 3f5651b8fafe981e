"""Archives that come out the same for the same files."""

def _archive_impl(ctx):
    lines = []
    for target, destination in ctx.attr.files.items():
        files = target.files.to_list()
        if ctx.attr.symbols:
            files = target[OutputGroupInfo].symbols.to_list()
        if len(files) != 1:
            fail("%s has %d files, an archive takes one for each name" % (target.label, len(files)))
        lines.append((destination, files[0]))
    listed = ctx.actions.args()
    listed.add_all(["%s\t%s" % (destination, file.path) for destination, file in lines])
    listed.use_param_file("%s", use_always = True)
    listed.set_param_file_format("multiline")
    output = ctx.actions.declare_file("%s.%s" % (ctx.label.name, ctx.attr.format))
    ctx.actions.run(
        executable = ctx.executable._tool,
        arguments = [
            ctx.attr.folder,
            ctx.file._manifest.path,
            # The first second of 2000 where nobody says when the source was made.
            ctx.var.get("SOURCE_DATE_EPOCH", "946684800"),
            output.path,
            listed,
        ],
        inputs = [file for _, file in lines] + [ctx.file._manifest],
        outputs = [output],
        mnemonic = "Archive",
        progress_message = "Packing %{label}",
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([output]))]

archive = rule(
    implementation = _archive_impl,
    doc = "A .tar.gz or .zip with one folder. `--define=SOURCE_DATE_EPOCH=...` is the time of all in it.",
    attrs = {
        "files": attr.label_keyed_string_dict(mandatory = True, allow_files = True, doc = "each with its place in the folder"),
        "folder": attr.string(mandatory = True, doc = "its name; @VERSION@ becomes that of Cargo.toml"),
        "format": attr.string(mandatory = True, values = ["tar.gz", "zip"]),
        "symbols": attr.bool(doc = "pack the symbols of the files, not the files"),
        "_manifest": attr.label(default = "//:Cargo.toml", allow_single_file = True),
        "_tool": attr.label(default = "//bazel:archive.sh", allow_single_file = True, executable = True, cfg = "exec"),
    },
)
