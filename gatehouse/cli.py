"""The ``gatehouse`` command. Modules are imported inside the commands: processes with green threads must patch first."""

import json
import os
import sys
import warnings
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
    """Serve one service's RPC (identity, workspaces, authz, audit, experiments, vault) or the gateway's HTTP (gateway)."""
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
    """The audit trail: whether anybody touched it, and the key that its heads are signed with."""


_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@audit.command("verify")
@click.argument("export", type=_FILE)
@click.option("--heads", type=_FILE, required=True, help="Signed heads, one a line: the file of audit's worker, or the checkpoints.")
@click.option("--key", type=_FILE, required=True, help="The first public key, as GET /v1/audit/key answered it.")
@click.option("--until", type=int, metavar="NUMBER", help="The last head that the export is as old as; without it, every head.")
def verify_export(export: Path, heads: Path, key: Path, until: int | None) -> None:
    """Compare an export of the whole audit trail with its signed heads. Needs no server; says where the first difference shows."""
    from gatehouse import auditing

    found = auditing.verified(export, heads, key, until)
    click.echo(f"verified: {found.entries:,} entries against {found.heads:,} signed heads, {found.unsigned:,} not signed yet")


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
    from services.chassis import greenwait

    greenwait.install()
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
