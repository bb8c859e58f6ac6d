"""Other people's programs, each set in a virtual environment of its own: made from the package index once, and whenever its list changes.

They lie in ``.venvs``; remove that folder to have them made anew.
"""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".venvs"

PACKAGES = {
    "clearml": ("clearml", "clearml-agent", "ipython"),
    # Beside the older SDKs an agent of their time: 1.5.1 is the last that asks for vaults in the body of a GET.
    "clearml-1.18.0": ("clearml==1.18.0", "clearml-agent==1.9.3", "setuptools<81", "ipython"),
    "clearml-1.13.2": ("clearml==1.13.2", "clearml-agent==1.5.1", "setuptools<81", "ipython"),
    "dvc": ("dvc", "dvclive"),
    "datachain": ("datachain",),
    "kubernetes": ("kubernetes-validate",),
    "localstripe": ("localstripe==1.15.10",),
}


def python(name: str) -> Path:
    """The interpreter beside which these clients' commands lie."""
    folder = FOLDER / name
    with _alone():
        if not _holds(folder, PACKAGES[name]):
            _make(folder, PACKAGES[name])
    return folder / "bin" / "python"


def _holds(folder: Path, packages: tuple[str, ...]) -> bool:
    complete = folder / "complete"
    return complete.exists() and complete.read_text() == "\n".join(packages)


def _make(folder: Path, packages: tuple[str, ...]) -> None:
    _uv("venv", "--clear", "--python", sys.executable, str(folder))
    # Compiled here: some of them take seconds to compile, and where Python is told to write no bytecode they would with each command.
    _uv("pip", "install", "--compile-bytecode", "--python", str(folder / "bin" / "python"), *packages)
    (folder / "complete").write_text("\n".join(packages))


def _uv(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *words], check=True)


@contextmanager
def _alone() -> Iterator[None]:
    """Test runs beside one another share the folder."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
