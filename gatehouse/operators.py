"""Who operates an installation, from the command line."""

from collections.abc import Callable

from rich.table import Table as Grid

from gatehouse.admin import Installation, acting, console
from services.chassis import usecase


def show(installation: Installation) -> None:
    grid = Grid("username", "address", "account since")
    for row in installation.identity().views.operators():
        grid.add_row(row["username"], row["address"], row["created_at"].isoformat(timespec="seconds"))
    console.print(grid)


def add(installation: Installation, name: str) -> None:
    console.print(f"{_done(installation, 'grant_operator', name)} is an operator", highlight=False, markup=False)


def remove(installation: Installation, name: str) -> None:
    console.print(f"{_done(installation, 'revoke_operator', name)} is no operator any more", highlight=False, markup=False)


def _done(installation: Installation, method: str, name: str) -> str:
    """As every call is run: tried again when it lost a race."""
    identity = installation.identity()
    act: Callable[..., str] = getattr(identity, method)
    with acting():
        return str(usecase.run("identity", method, identity, {}, lambda _: {"username": act(name=name)})["data"]["username"])
