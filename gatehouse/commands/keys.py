"""Keys that sign tokens."""

import click

from gatehouse.commands.installation import opened


@click.group()
def keys() -> None:
    """The keys that sign tokens made from key pairs."""


@keys.command()
def rotate() -> None:
    """Sign with a new key from now on. Running clients notice nothing: what the former key signed is believed until it expires."""
    with opened() as installation:
        click.echo(f"signing with {installation.rotate_signing_key()}")
