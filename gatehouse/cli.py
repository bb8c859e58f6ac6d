"""The ``gatehouse`` command. Modules are imported inside the commands: processes with green threads must patch first."""

import json
import os
import sys
import warnings
from datetime import datetime
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import click

from services.chassis.errors import ServiceError
from services.chassis.settings import SettingError

SERVICE = click.argument("service", metavar="SERVICE")
NAME = click.argument("name", metavar="USERNAME_OR_EMAIL")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="gatehouse")
def cli() -> None:
    """Accounts, workspaces, access rules and an audit log for a machine-learning platform.

    Settings come from the environment: see docs/configuration.md. Without DATABASE_URL the commands work on the
    embedded installation in ./var.
    """


@cli.command()
def up() -> None:
    """Start everything in this process, with a PostgreSQL of its own: nothing to install, data in ./var."""
    _go_green()
    from gatehouse import up as embedded

    embedded.run(os.environ)


@cli.command()
@SERVICE
def serve(service: str) -> None:
    """Serve one service's RPC (identity, workspaces, authz, audit, experiments, vault, billing) or the gateway's HTTP (gateway)."""
    _go_green()
    from gatehouse import distributed

    distributed.serve(service, os.environ)


@cli.command()
@SERVICE
def work(service: str) -> None:
    """Run one service's publisher, projections and reactions."""
    from gatehouse import distributed

    distributed.work(service, os.environ)


@cli.command()
def migrate() -> None:
    """Make what tables are missing and rebuild projections whose version was raised. Run before each new release."""
    from gatehouse import admin

    with admin.opened(os.environ) as installation:
        for line in installation.migrate():
            click.echo(line)


@cli.command(hidden=True)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def docs(folder: Path) -> None:
    """Write the generated reference documents."""
    from gatehouse import reference

    reference.write(folder)


@cli.group()
def projections() -> None:
    """Views: list them, rebuild them beside the live ones."""


@projections.command("list")
def list_projections() -> None:
    """Every projection with its version and how far it has come."""
    from gatehouse import admin

    with admin.opened(os.environ) as installation:
        installation.show_projections()


@projections.command()
@click.argument("names", nargs=-1, metavar="[SERVICE.PROJECTION]...")
@click.option("--all", "everything", is_flag=True, help="Rebuild every projection of every service.")
def rebuild(names: tuple[str, ...], everything: bool) -> None:
    """Rebuild from the logs into new tables, catch up, and swap them in; readers and writers go on meanwhile."""
    if everything == bool(names):
        raise click.UsageError("name projections such as authz.members, or use --all")
    from gatehouse import admin

    with admin.opened(os.environ) as installation:
        installation.rebuild(names)


@cli.group()
def events() -> None:
    """Events that a reaction gave up on."""


@events.command()
def parked() -> None:
    """List parked events with what went wrong."""
    from gatehouse import admin

    with admin.opened(os.environ) as installation:
        installation.show_parked()


@events.command()
@click.argument("ids", nargs=-1, metavar="[EVENT]...")
@click.option("--all", "everything", is_flag=True, help="Retry every parked event.")
def retry(ids: tuple[str, ...], everything: bool) -> None:
    """Run the reactions to parked events again; what succeeds leaves the list."""
    if everything == bool(ids):
        raise click.UsageError("name events as `gatehouse events parked` lists them, or use --all")
    from gatehouse import admin

    with admin.opened(os.environ) as installation:
        if installation.retry(ids):
            sys.exit(1)


@cli.group()
def keys() -> None:
    """The keys that sign tokens made from key pairs."""


@keys.command()
def rotate() -> None:
    """Sign with a new key from now on. Running clients notice nothing: what the former key signed is believed until it expires."""
    from gatehouse import admin

    with admin.opened(os.environ) as installation:
        click.echo(f"signing with {installation.rotate_signing_key()}")


@cli.group()
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
    from gatehouse import admin, replay

    with admin.opened(os.environ) as installation:
        replay.tell(installation, workspace, since, until, speed)


@audit.group(invoke_without_command=True)
@click.pass_context
def sinks(call: click.Context) -> None:
    """Where the audit trail is sent on to: how far each has come, and what went wrong."""
    if call.invoked_subcommand is None:
        from gatehouse import admin
        from gatehouse import sinks as sending

        with admin.opened(os.environ) as installation:
            sending.show(installation)


@sinks.command("enable")
@click.argument("name")
def enable_sink(name: str) -> None:
    """Send on again to a sink that was disabled because it failed too often."""
    from gatehouse import admin
    from gatehouse import sinks as sending

    with admin.opened(os.environ) as installation:
        sending.enable(installation, name)


@sinks.command("forget")
@click.argument("name")
def forget_sink(name: str) -> None:
    """Keep nothing back any more for a sink that is no longer configured."""
    from gatehouse import admin
    from gatehouse import sinks as sending

    with admin.opened(os.environ) as installation:
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
    from gatehouse import admin, auditing

    with admin.opened(os.environ) as installation:
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

    with admin.opened(os.environ) as installation:
        found = differences.difference(installation, workspace_id, between)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        admin.console.print(differences.narrated(found))


@audit.command("rotate-key")
def rotate_audit_key() -> None:
    """Sign heads with a new key from now on; the former one vouches for it."""
    from gatehouse import admin

    with admin.opened(os.environ) as installation:
        click.echo(f"signing with {installation.rotate_audit_key()}")


@cli.group()
def vault() -> None:
    """Secrets that the vault keeps sealed."""


@vault.command("rotate-master-key")
def rotate_master_key() -> None:
    """Rewrap everything with the new master key; services go on meanwhile. Ended early, it goes on where it was when run again.

    With AWS KMS the new key is made now. Otherwise set GATEHOUSE_VAULT_MASTER_KEY to the new one and
    GATEHOUSE_VAULT_FORMER_MASTER_KEY to the one before, here and for the vault's processes.
    """
    from gatehouse import admin

    with admin.opened(os.environ) as installation:
        for line in installation.rotate_master_key():
            click.echo(line)


@cli.group()
def billing() -> None:
    """Plans, invoices and payments."""


@billing.command()
def example() -> None:
    """Print a file of plans, to begin one's own with: GATEHOUSE_PLANS_FILE names it."""
    from services.billing.catalogue import EXAMPLE

    click.echo(EXAMPLE.read_text(), nl=False)


@billing.command()
def recount() -> None:
    """Work every invoice out again from the log, and say which differ; changes nothing."""
    from gatehouse import admin, billing

    with admin.opened(os.environ) as installation:
        billing.recount(installation)


@billing.command("credit")
@click.argument("number")
@click.option("--reason", required=True, help="Why, as it stands on the credit note.")
@click.option("--amount", type=click.IntRange(min=1), help="In the currency's smallest unit; without it, the whole invoice.")
def credit_invoice(number: str, reason: str, amount: int | None) -> None:
    """Correct an invoice by a credit note. What was paid already pays for what comes next."""
    from gatehouse import admin, billing

    with admin.opened(os.environ) as installation:
        billing.credit(installation, number, amount, reason)


@billing.command()
@click.argument("number", metavar="NUMBER")
@click.option("--reference", default="", help="Such as that of the bank's statement; it is kept with the payment.")
def paid(number: str, reference: str) -> None:
    """Say that an invoice is paid. A workspace that was closed for it opens at once."""
    from gatehouse import admin, billing

    with admin.opened(os.environ) as installation:
        billing.mark_paid(installation, number, reference)


@cli.group()
def operators() -> None:
    """Accounts that operate this installation. The first account is one."""


@operators.command("list")
def list_operators() -> None:
    """Every operator with the address that mails go to."""
    from gatehouse import admin, operators

    with admin.opened(os.environ) as installation:
        operators.show(installation)


@operators.command("add")
@NAME
def add_operator(name: str) -> None:
    """Make an account an operator. Its sessions and tokens are an operator's at once."""
    from gatehouse import admin, operators

    with admin.opened(os.environ) as installation:
        operators.add(installation, name)


@operators.command("remove")
@NAME
def remove_operator(name: str) -> None:
    """Make an operator an ordinary account again; the last one stays."""
    from gatehouse import admin, operators

    with admin.opened(os.environ) as installation:
        operators.remove(installation, name)


def _go_green() -> None:
    # psycopg's compiled wait would block every green thread of the process; it reads this when it is imported.
    os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
    import eventlet

    eventlet.monkey_patch()
    from gatehouse import heap
    from services.chassis import greennames, greenwait

    greenwait.install()
    greennames.install()
    heap.return_large_blocks()


def _add_demo() -> None:
    from gatehouse.demo import demo

    cli.add_command(demo)


def main() -> None:
    # Meant for those who choose libraries, not for those who run this.
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    _add_demo()
    try:
        cli(standalone_mode=True)
    except (SettingError, ServiceError) as error:
        _fail(str(error), 2)
    except Exception as error:
        if not _is_outage(error):
            raise
        _fail(f"the database is away: {error}", 3)


def _is_outage(error: Exception) -> bool:
    from services.chassis.database import OUTAGE

    return isinstance(error, OUTAGE)


def _fail(message: str, code: int) -> NoReturn:
    click.secho(f"gatehouse: {message}", fg="red", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
