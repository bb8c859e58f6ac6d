"""The ``gatehouse`` command: what runs processes; the rest is in ``commands``.

Modules are imported inside the commands: processes with green threads must patch first.
"""

import os
import sys
import warnings
from pathlib import Path
from typing import NoReturn

import click

from gatehouse import heap
from gatehouse.commands.audit import audit
from gatehouse.commands.billing import billing
from gatehouse.commands.demo import demo
from gatehouse.commands.events import events
from gatehouse.commands.installation import opened
from gatehouse.commands.keys import keys
from gatehouse.commands.operators import operators
from gatehouse.commands.projections import projections
from gatehouse.commands.vault import vault
from services.chassis.errors import ServiceError
from services.chassis.settings import SettingError

SERVICE = click.argument("service", metavar="SERVICE")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="gatehouse")
def cli() -> None:
    """Accounts, workspaces, access rules and an audit log for a machine-learning platform.

    Settings come from the environment: see docs/configuration.md. Without DATABASE_URL the commands work on the
    embedded installation in ./var.
    """


for _group in (projections, events, keys, audit, vault, billing, operators, demo):
    cli.add_command(_group)


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
    with opened() as installation:
        for line in installation.migrate():
            click.echo(line)


@cli.command(hidden=True)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def docs(folder: Path) -> None:
    """Write the generated reference documents."""
    from gatehouse import reference

    reference.write(folder)


def _go_green() -> None:
    # psycopg's compiled wait would block every green thread of the process; it reads this when it is imported.
    os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
    import eventlet

    eventlet.monkey_patch()
    from services.chassis import greennames, greenwait

    greenwait.install()
    greennames.install()
    heap.return_large_blocks()


def main() -> None:
    # Meant for those who choose libraries, not for those who run this.
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    heap.collect_less_often()
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
