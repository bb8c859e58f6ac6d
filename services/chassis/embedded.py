"""The embedded mode's PostgreSQL: a private folder, reached over a unix socket only, shared by our processes.

What keeps other people of this machine out: the folder and the socket have mode 700, and PostgreSQL itself asks the kernel who
is calling (peer authentication) and admits nobody but the folder's owner and the user who started it.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from services.chassis import osuser
from services.chassis.pgcluster import ROLE, Cluster, EmbeddedPostgresError, user_name

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]

# The kernel takes no path of a socket longer than 107 bytes.
LONGEST_FOLDER = 107 - len("/.s.PGSQL.5432")


class EmbeddedPostgres:
    """Any number of processes may ``start`` the same folder: the first one starts the server, the last one to ``stop`` ends it.

    A process that dies without ``stop`` counts as gone; the server it leaves running is taken over by the next ``start``.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self._cluster = Cluster(self.folder, settings or {})
        self._share: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}@/postgres?host={quote(str(self.sockets), safe='')}"

    @property
    def log(self) -> Path:
        return self._cluster.log

    @property
    def pid(self) -> int | None:
        return server.pid if (server := self._cluster.process) else None

    @property
    def sockets(self) -> Path:
        """The folder of the socket: the server's own, or a short one where that would be too long, or a list to libpq."""
        path = os.fsencode(self.folder)
        if len(path) <= LONGEST_FOLDER and b"," not in path:
            return self.folder
        return Path(tempfile.gettempdir()) / f"gatehouse-{hashlib.sha256(path).hexdigest()[:16]}"

    def start(self) -> str:
        """Returns once the server answers. A second call starts it again if it has died, and changes nothing otherwise."""
        self._make_folder()
        with self._alone():
            self._take_share()
            try:
                if self._cluster.process is None:
                    self._cluster.initialise()
                    self._make_socket_folder()
                    self._cluster.launch(self.sockets)
                self._cluster.await_ready()
            except BaseException:
                self._drop_share()
                raise
        return self.url

    def stop(self) -> None:
        """Ends the server, unless another process still uses it. Without ``start`` it changes nothing."""
        if self._share is None:
            return
        with self._alone():
            try:
                with suppress(BlockingIOError):
                    fcntl.flock(self._share, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._cluster.end()
                    self._remove_socket_folder()
            finally:
                self._drop_share()

    def _take_share(self) -> None:
        """Who uses the server is who holds a share of this lock: the kernel takes it back from those who die."""
        if self._share is None:
            self._share = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._share, fcntl.LOCK_SH)

    def _drop_share(self) -> None:
        if self._share is not None:
            os.close(self._share)
            self._share = None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops: nobody joins while the last one is leaving."""
        with (self.folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_folder(self) -> None:
        if not self.folder.exists():
            self.folder.mkdir(parents=True, mode=0o700)
            if os.geteuid() == 0:
                user = osuser.system_user()
                os.chown(self.folder, user.pw_uid, user.pw_gid)
        owner = self.folder.stat().st_uid
        if os.geteuid() not in (0, owner):
            raise EmbeddedPostgresError(f"{self.folder} belongs to the user {user_name(owner)}: start as that user, or as root")
        self.folder.chmod(0o700)

    def _make_socket_folder(self) -> None:
        if self.sockets == self.folder:
            return
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        owner = self.folder.stat()
        if os.geteuid() == 0:
            os.chown(self.sockets, owner.st_uid, owner.st_gid, follow_symlinks=False)
        # It lies where anybody may have made it before us.
        found = self.sockets.lstat()
        if self.sockets.is_symlink() or found.st_uid != owner.st_uid or found.st_mode & 0o077:
            raise EmbeddedPostgresError(f"{self.sockets} is not a folder of ours: remove it")

    def _remove_socket_folder(self) -> None:
        if self.sockets != self.folder:
            shutil.rmtree(self.sockets, ignore_errors=True)
