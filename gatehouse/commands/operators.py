"""Who operates this installation."""

import click

from gatehouse.commands.installation import opened

NAME = click.argument("name", metavar="USERNAME_OR_EMAIL")


@click.group()
def operators() -> None:
    """Accounts that operate this installation. The first account is one."""


@operators.command("list")
def list_operators() -> None:
    """Every operator with the address that mails go to."""
    from gatehouse import operators

    with opened() as installation:
        operators.show(installation)


@operators.command("add")
@NAME
def add_operator(name: str) -> None:
    """Make an account an operator. Its sessions and tokens are an operator's at once."""
    from gatehouse import operators

    with opened() as installation:
        operators.add(installation, name)


@operators.command("remove")
@NAME
def remove_operator(name: str) -> None:
    """Make an operator an ordinary account again; the last one stays."""
    from gatehouse import operators

    with opened() as installation:
        operators.remove(installation, name)
