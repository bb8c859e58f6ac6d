"""Where the audit trail is sent on to, on the command line."""

from rich.markup import escape
from rich.table import Table as Grid

from gatehouse.admin import Installation, acting, console


def show(installation: Installation) -> None:
    grid = Grid("sink", "to", "state", "position", "behind", "last delivery", "last error")
    for row in installation.audit().sink_report():
        where = ", ".join(f"{source} {position}" for source, position in row["positions"].items()) or "nothing yet"
        when = row["delivered_at"].isoformat(timespec="seconds") if row["delivered_at"] else ""
        grid.add_row(row["name"], escape(row["where"]), row["state"], where, str(row["behind"]), when, escape(row["error"]))
    console.print(grid if grid.rows else "there is no sink: docs/audit.md says how to name one")


def enable(installation: Installation, name: str) -> None:
    with acting():
        installation.audit().enable_sink(name)
    console.print(f"{name} is enabled", highlight=False, markup=False)


def forget(installation: Installation, name: str) -> None:
    installation.audit().forget_sink(name)
    console.print(f"{name} is forgotten", highlight=False, markup=False)
