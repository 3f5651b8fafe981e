"""What releases are made of.

    cargo_sbom     the crates in a package, in CycloneDX
    cargo_licenses the licences of what packages are made of
"""

load(":crate.bzl", "CrateInfo")
load(":workspace.bzl", "SCRIPTS", "WorkspaceInfo", "one_processor", "packages", "run_in_workspace", "script")

def _sbom_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".cdx.json")
    package = ctx.attr.crate[CrateInfo].package
    workspace = ctx.attr.workspace[WorkspaceInfo]
    run_in_workspace(ctx, workspace, "CargoSbom", [output], [package, output.path], resources = one_processor)
    return [DefaultInfo(files = depset([output]))]

cargo_sbom = rule(
    implementation = _sbom_impl,
    doc = "What a crate is made of, in CycloneDX.",
    attrs = dict(
        SCRIPTS,
        crate = attr.label(mandatory = True, providers = [CrateInfo]),
        workspace = attr.label(mandatory = True, providers = [WorkspaceInfo]),
        _script = script("sbom"),
    ),
)

def _licenses_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".txt")
    workspace = ctx.attr.workspace[WorkspaceInfo]
    arguments = [packages(ctx.attr.crates), output.path]
    run_in_workspace(ctx, workspace, "CargoLicenses", [output], arguments, resources = one_processor)
    return [DefaultInfo(files = depset([output]))]

cargo_licenses = rule(
    implementation = _licenses_impl,
    doc = "The licences of all third-party crates that `crates` are made of, with their texts.",
    attrs = dict(
        SCRIPTS,
        crates = attr.label_list(mandatory = True, providers = [CrateInfo]),
        workspace = attr.label(mandatory = True, providers = [WorkspaceInfo]),
        _script = script("licenses"),
    ),
)
