"""The step before each release."""

import os
import subprocess
import sys

from tests.kit.installations import SECRETS


def test_any_number_of_processes_may_migrate_at_once_and_one_does(database_url: str) -> None:
    environ = os.environ | SECRETS | {"DATABASE_URL": database_url, "AMQP_URL": "amqp://127.0.0.1:9/"}
    command = [sys.executable, "-m", "gatehouse.cli", "migrate"]
    running = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=100) for process in running]
    assert [process.returncode for process in running] == [0] * 3, said
    built = [line for out, _ in said for line in out.splitlines() if "version" in line]
    assert built
    assert len(built) == len(set(built))
