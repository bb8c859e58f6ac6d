"""Other people's programs, each set in a virtual environment of its own, made from the package index once and shared by all checkouts.

They lie in the user's cache (``~/.cache/gatehouse/clients``), or in ``.venvs`` where that cannot be written; remove the folder to have them
made anew.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gatehouse" / "clients"

# Pinned, so that a run says something about us alone: raise them now and then.
PACKAGES = {
    "clearml": ("clearml==2.1.12", "clearml-agent==3.0.3", "ipython==9.18.1"),
    # Beside the older SDKs an agent of their time: 1.5.1 is the last that asks for vaults in the body of a GET.
    "clearml-1.18.0": ("clearml==1.18.0", "clearml-agent==1.9.3", "setuptools<81", "ipython==9.10.1"),
    "clearml-1.13.2": ("clearml==1.13.2", "clearml-agent==1.5.1", "setuptools<81", "ipython==9.10.1"),
    "dvc": ("dvc==3.67.1", "dvclive==3.49.1"),
    "datachain": ("datachain==0.62.0",),
    "kubernetes": ("kubernetes-validate==1.37.0",),
    "localstripe": ("localstripe==1.15.10",),
}


def python(name: str) -> Path:
    """The interpreter beside which these clients' commands lie."""
    packages = PACKAGES[name]
    folder = _folder() / f"{name}-{sha256(repr((packages, sys.version)).encode()).hexdigest()[:12]}"
    interpreter = folder / "bin" / "python"
    with _alone():
        if not ((folder / "complete").exists() and interpreter.exists()):
            _make(folder, packages)
    return interpreter


@cache
def _folder() -> Path:
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        (CACHE / "lock").touch()
    except OSError:
        (beside := Path(__file__).parents[2] / ".venvs").mkdir(exist_ok=True)
        return beside
    return CACHE


def _make(folder: Path, packages: tuple[str, ...]) -> None:
    _uv("venv", "--clear", "--python", sys.executable, str(folder))
    # Compiled here: some of them take seconds to compile, and where Python is told to write no bytecode they would with each command.
    _uv("pip", "install", "--compile-bytecode", "--python", str(folder / "bin" / "python"), *packages)
    (folder / "complete").touch()


def _uv(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *words], check=True)


@contextmanager
def _alone() -> Iterator[None]:
    """Test runs beside one another share the folder."""
    with (_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
