"""Mach-O files for several processors in one."""

def _universal_impl(ctx):
    def merge(parts, name):
        output = ctx.actions.declare_file(ctx.label.name + "/" + name)
        ctx.actions.run(
            executable = "llvm-lipo",
            arguments = ["-create", "-output", output.path] + [part.path for part in parts],
            inputs = parts,
            outputs = [output],
            mnemonic = "Universal",
            use_default_shell_env = True,
        )
        return output

    name = ctx.files.binaries[0].basename
    merged = merge(ctx.files.binaries, name)
    symbols = [file for binary in ctx.attr.binaries for file in binary[OutputGroupInfo].symbols.to_list()]
    return [
        DefaultInfo(files = depset([merged]), runfiles = ctx.runfiles([merged])),
        OutputGroupInfo(symbols = depset([merge(symbols, name + ".debug")])),
    ]

universal = rule(
    implementation = _universal_impl,
    doc = "One file for the processors of `binaries`, which are what `cargo_binary` makes.",
    attrs = {"binaries": attr.label_list(mandatory = True)},
)
