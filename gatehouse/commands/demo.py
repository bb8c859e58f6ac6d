"""The product's main job, to be watched."""

import os
import sys
from pathlib import Path

import click


def _state() -> Path:
    return Path(os.environ.get("GATEHOUSE_STATE", "var"))


def _setup_token() -> str:
    path = _state() / "setup-token"
    return path.read_text().strip() if path.exists() else ""


@click.command()
@click.option("--url", default=lambda: f"http://{os.environ.get('GATEHOUSE_HTTP', '127.0.0.1:8080')}", show_default="http://127.0.0.1:8080")
@click.option("--setup-token", default=_setup_token, show_default="<state>/setup-token", help="Makes the first account.")
@click.option("--operator-email", default="", help="Play Olivia with this address instead of one made up.")
@click.option("--password", default="", help="Of that account.")
@click.option(
    "--mail-dir",
    type=click.Path(path_type=Path),
    default=lambda: _state() / "outbox",
    show_default="<state>/outbox",
    help="Where mails wait.",
)
@click.option(
    "--pace",
    type=float,
    default=lambda: 1.5 if sys.stdout.isatty() else 0.0,
    show_default="1.5 in a terminal",
    help="Seconds between steps.",
)
def demo(url: str, setup_token: str, operator_email: str, password: str, mail_dir: Path, pace: float) -> None:
    """Watch Gatehouse work: sign up, invite, join, be removed, be refused, read the audit trail.

    Ends with 0 only if everything came out as told. Leaves two accounts and a workspace behind.
    """
    from gatehouse import demo as playing

    playing.play(url, setup_token, operator=(operator_email, password), outbox=mail_dir, pace=pace)
