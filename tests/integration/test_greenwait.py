import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LARGE = 3_000_000  # as in tests.kit.green_queries, which must not be imported here: it patches the process


@pytest.fixture(scope="module")
def seen(database_url: str) -> dict[str, Any]:
    """In a process of its own, since green threads change all of it."""
    root = Path(__file__).parents[2]
    words = [sys.executable, "-W", "ignore", "-m", "tests.kit.green_queries", database_url]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_other_green_threads_go_on_while_one_waits_for_the_database(seen: dict[str, Any]) -> None:
    assert seen["ticks_during_a_long_query"] > 20


def test_a_pipeline_that_fills_the_socket_in_both_directions_goes_through(seen: dict[str, Any]) -> None:
    assert seen["bytes_through_a_full_pipeline"] == 2 * 10 * LARGE


def test_a_connection_lost_while_waiting_raises(seen: dict[str, Any]) -> None:
    assert seen["error_of_a_lost_connection"] == "AdminShutdown"


def test_many_green_threads_get_their_own_answers(seen: dict[str, Any]) -> None:
    assert seen["answers_side_by_side"] == list(range(10))
