"""The vault's master key."""

import click

from gatehouse.commands.installation import opened


@click.group()
def vault() -> None:
    """Secrets that the vault keeps sealed."""


@vault.command("rotate-master-key")
def rotate_master_key() -> None:
    """Rewrap everything with the new master key; services go on meanwhile. Ended early, it goes on where it was when run again.

    With AWS KMS the new key is made now. Otherwise set GATEHOUSE_VAULT_MASTER_KEY to the new one and
    GATEHOUSE_VAULT_FORMER_MASTER_KEY to the one before, here and for the vault's processes.
    """
    with opened() as installation:
        for line in installation.rotate_master_key():
            click.echo(line)
