"""Events that were set aside, and their second chance."""

import sys

import click

from gatehouse.commands.installation import opened


@click.group()
def events() -> None:
    """Events that a reaction gave up on."""


@events.command()
def parked() -> None:
    """List parked events with what went wrong."""
    with opened() as installation:
        installation.show_parked()


@events.command()
@click.argument("ids", nargs=-1, metavar="[EVENT]...")
@click.option("--all", "everything", is_flag=True, help="Retry every parked event.")
def retry(ids: tuple[str, ...], everything: bool) -> None:
    """Run the reactions to parked events again; what succeeds leaves the list."""
    if everything == bool(ids):
        raise click.UsageError("name events as `gatehouse events parked` lists them, or use --all")
    with opened() as installation:
        if installation.retry(ids):
            sys.exit(1)
