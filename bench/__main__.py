"""``python -m bench``: see docs/benchmarks.md."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bench.measure import Result
from bench.servers import Servers, started

ROWS = (
    "invite",
    "events",
    "check",
    "append",
    "rebuild",
    "catchup",
    "ingest",
    "search",
    "verification",
    "history",
    "latency",
    "revocation",
    "memory",
    "access",
    "decisions",
    "resources",
    "seal",
    "vaults",
    "usage",
    "close",
)
LATEST = Path(__file__).parent / "results" / "latest.json"
console = Console(width=None if os.isatty(1) else 160)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", "names", multiple=True, type=click.Choice(ROWS), help="This row; may be repeated. Without it, every row.")
@click.option("--quick", is_flag=True, help="Fewer and shorter runs: to see that it works, not how fast.")
@click.option("--save/--no-save", default=None, help="Keep the result in bench/results/latest.json. Default: if every row ran in full.")
def main(names: tuple[str, ...], quick: bool, save: bool | None) -> None:
    """Measure Gatehouse beside the same work done bare. Takes some minutes, ends with 0 also when a goal is missed."""
    results: list[Result] = []
    with started() as servers:
        for name in names or ROWS:
            results += _measured(name, servers, quick)
    console.print(_table(results))
    missed = [result.what for result in results if not result.met]
    console.print(f"[bold red]missed: {'; '.join(missed)}[/]" if missed else "[green]every goal is met[/]")
    if save or (save is None and not names and not quick):
        LATEST.parent.mkdir(exist_ok=True)
        LATEST.write_text(json.dumps(_kept(results), indent=2, ensure_ascii=False) + "\n")


def _measured(name: str, servers: Servers, quick: bool) -> list[Result]:
    with console.status(f"measuring: {name}"):
        results: list[Result] = import_module(f"bench.rows.{name}").run(servers, quick)
    for result in results:
        console.print(f"{name}: {result.what}: {result.value:.3g} {result.unit} ({result.detail})", highlight=False)
    return results


def _table(results: list[Result]) -> Table:
    table = Table("what", "result", "spread", "goal", "", "measured", title="Gatehouse beside the same work done bare")
    for result in results:
        goal = "" if result.goal is None else f"{'≤' if result.upper else '≥'} {result.goal:g}"
        mark = "" if result.goal is None else "[green]met[/]" if result.met else "[bold red]MISSED[/]"
        low, high = result.spread
        table.add_row(result.what, f"{result.value:.3g} {result.unit}", f"{low:.3g}–{high:.3g}", goal, mark, result.detail)
    return table


def _kept(results: list[Result]) -> dict[str, object]:
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip(),
        "machine": {"processors": os.cpu_count(), "architecture": platform.machine(), "python": platform.python_version()},
        "rows": [result.to_json() for result in results],
    }


if __name__ == "__main__":
    main()
