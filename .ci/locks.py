"""Do the lock files still hold what pyproject.toml asks for? With ``--upgrade``: write them anew."""

import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

COMPILE = ["pip", "compile", "--no-config", "--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"]
LOCKS = {"requirements.lock": ["build"], "requirements-dev.lock": ["build", "dev"]}


def compile_lock(name: str, target: Path, *options: str) -> None:
    groups = [word for group in LOCKS[name] for word in ("--group", group)]
    header = ["--custom-compile-command", "make lock"]
    command = [str(Path(sys.executable).parent / "uv"), *COMPILE, *header, "pyproject.toml", *groups, *options, "-o", str(target)]
    subprocess.run(command, check=True)


def upgrade() -> None:
    compile_lock("requirements.lock", Path("requirements.lock"), "--upgrade")
    # The same versions in both, so that one environment serves running and testing.
    compile_lock("requirements-dev.lock", Path("requirements-dev.lock"), "--upgrade", "-c", "requirements.lock")


def unmet(name: str) -> set[str]:
    """Requirements of pyproject.toml that the version in the lock does not meet. Needs no network."""
    project = tomllib.loads(Path("pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *(line for group in LOCKS[name] for line in project["dependency-groups"][group])]
    locked = dict(line.split(" ")[0].split("==") for line in Path(name).read_text().splitlines() if line[:1].isalnum())
    return {line for line in wanted if (r := Requirement(line)) and not r.specifier.contains(locked.get(r.name.lower(), "0"))}


def main() -> None:
    if "--upgrade" in sys.argv:
        upgrade()
        return
    for name in LOCKS:
        if missing := unmet(name):
            sys.exit(f"{name} does not hold {', '.join(sorted(missing))}: run make lock")


if __name__ == "__main__":
    main()
