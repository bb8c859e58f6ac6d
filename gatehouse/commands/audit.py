"""The audit trail, with and without a server."""

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from gatehouse.commands.installation import opened


@click.group()
def audit() -> None:
    """The audit trail: whether anybody touched it, its archives, and the key that its heads are signed with."""


_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_TIME = click.DateTime(("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%z"))


@audit.command("verify")
@click.argument("files", type=_FILE, nargs=-1, required=True, metavar="FILE...")
@click.option("--heads", type=_FILE, required=True, help="Signed heads, one a line: the file of audit's worker, or the checkpoints.")
@click.option("--key", type=_FILE, required=True, help="The first public key, as GET /v1/audit/key answered it.")
@click.option("--until", type=int, metavar="NUMBER", help="The last head that the export is as old as; without it, every head.")
def verify_export(files: tuple[Path, ...], heads: Path, key: Path, until: int | None) -> None:
    """Compare the whole audit trail, an export and the archives of all months before it, with its signed heads.

    Needs no server; says where the first difference shows.
    """
    from gatehouse import auditing

    found = auditing.verified(files, heads, key, until)
    click.echo(f"verified: {found.entries:,} entries against {found.heads:,} signed heads, {found.unsigned:,} not signed yet")


@audit.command("verify-proof")
@click.argument("proof", type=_FILE)
@click.option("--heads", type=_FILE, required=True, help="Signed heads, one a line, as GET /v1/audit/heads answers them.")
@click.option("--key", type=_FILE, required=True, help="The first public key, as GET /v1/audit/key answered it.")
def verify_proof(proof: Path, heads: Path, key: Path) -> None:
    """Check a proof of inclusion or of consistency against signed heads. Needs no server."""
    from gatehouse import auditing

    click.echo(f"verified: {auditing.proved(proof, heads, key)}")


@audit.command()
@click.option("--workspace", "-w", type=click.UUID, required=True, metavar="ID")
@click.option("--from", "since", type=_TIME, help="The first moment told; without it, from the beginning.")
@click.option("--to", "until", type=_TIME, help="The moment to stop before.")
@click.option("--speed", type=click.FloatRange(min=0), default=0, help="60: a minute in a second; 0: all at once.")
def replay(workspace: UUID, since: datetime | None, until: datetime | None, speed: float) -> None:
    """Tell in plain sentences what happened in a workspace, and who did it. That it was told is an entry of the audit trail."""
    from gatehouse import replay

    with opened() as installation:
        replay.tell(installation, workspace, since, until, speed)


@audit.group(invoke_without_command=True)
@click.pass_context
def sinks(call: click.Context) -> None:
    """Where the audit trail is sent on to: how far each has come, and what went wrong."""
    if call.invoked_subcommand is None:
        from gatehouse import sinks as sending

        with opened() as installation:
            sending.show(installation)


@sinks.command("enable")
@click.argument("name")
def enable_sink(name: str) -> None:
    """Send on again to a sink that was disabled because it failed too often."""
    from gatehouse import sinks as sending

    with opened() as installation:
        sending.enable(installation, name)


@sinks.command("forget")
@click.argument("name")
def forget_sink(name: str) -> None:
    """Keep nothing back any more for a sink that is no longer configured."""
    from gatehouse import sinks as sending

    with opened() as installation:
        sending.forget(installation, name)


@audit.command("seal")
@click.option("--before", required=True, metavar="MONTH", help="Seal every month before this one, such as 2026-01.")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the archives, best on another disk."
)
@click.option("--force", is_flag=True, help="Also what a sink has not acknowledged; it will never get it.")
def seal_months(before: str, folder: Path, force: bool) -> None:
    """Move whole months of the audit trail into signed archives and drop them from the database.

    What is in them is verified together with an export, and searched with `gatehouse audit search`.
    """
    from gatehouse import auditing

    with opened() as installation:
        for line in installation.seal(auditing.month(before), folder, forced=force):
            click.echo(line)


@audit.command("search")
@click.argument("files", type=_FILE, nargs=-1, required=True, metavar="ARCHIVE...")
@click.option("--actor", help="Id of the account that did it.")
@click.option("--type", help="Such as workspaces.member.removed, or workspaces.member.* for all of a kind.")
@click.option("--subject", help="Id of what it was done to.")
@click.option("--workspace", "workspace_id", help="Id of the workspace.")
@click.option("--correlation", "correlation_id", help="Id of the request, with all it has caused.")
@click.option("--from", "since", metavar="TIME", help="Not before this time.")
@click.option("--to", "until", metavar="TIME", help="Before this time.")
@click.option("--q", help="Whole words, all of them: of type, fields, address and user agent.")
def search_archives(files: tuple[Path, ...], since: str | None, until: str | None, **filters: str | None) -> None:
    """Print the entries of archives or exports that match, one a line in JSON. Needs no server."""
    from gatehouse import auditing

    times = {name: auditing.instant(text) if text else None for name, text in (("since", since), ("until", until))}
    for line in auditing.found(files, filters | times):
        click.echo(line)


@audit.command("diff")
@click.argument("workspace_id", type=click.UUID, metavar="WORKSPACE")
@click.option("--between", nargs=2, required=True, metavar="A B", help="Times (2026-11-20T12:00:00Z) or positions (workspaces:184).")
@click.option("--json", "as_json", is_flag=True, help="For programs: everything, one JSON object.")
def diff(workspace_id: UUID, between: tuple[str, str], as_json: bool) -> None:
    """What changed between two moments: members, invitations, groups, rules, and who gained and lost access to what."""
    from gatehouse import admin, differences

    with opened() as installation:
        found = differences.difference(installation, workspace_id, between)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        admin.console.print(differences.narrated(found))


@audit.command("rotate-key")
def rotate_audit_key() -> None:
    """Sign heads with a new key from now on; the former one vouches for it."""
    with opened() as installation:
        click.echo(f"signing with {installation.rotate_audit_key()}")
