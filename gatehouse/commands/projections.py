"""Views: listed, and made anew beside the live ones."""

import click

from gatehouse.commands.installation import opened


@click.group()
def projections() -> None:
    """Views: list them, rebuild them beside the live ones."""


@projections.command("list")
def list_projections() -> None:
    """Every projection with its version and how far it has come."""
    with opened() as installation:
        installation.show_projections()


@projections.command()
@click.argument("names", nargs=-1, metavar="[SERVICE.PROJECTION]...")
@click.option("--all", "everything", is_flag=True, help="Rebuild every projection of every service.")
def rebuild(names: tuple[str, ...], everything: bool) -> None:
    """Rebuild from the logs into new tables, catch up, and swap them in; readers and writers go on meanwhile."""
    if everything == bool(names):
        raise click.UsageError("name projections such as authz.members, or use --all")
    with opened() as installation:
        installation.rebuild(names)
