import io
import json
import logging

import pytest

from services.chassis import context, telemetry
from services.chassis.context import CallContext


@pytest.fixture
def lines():
    stream = io.StringIO()
    handlers, level = logging.root.handlers[:], logging.root.level
    telemetry.logs("identity", "info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_a_log_line_is_json_with_the_ids_of_the_call(lines):
    with context.use(CallContext(correlation_id="c-1")):
        logging.getLogger("x").info("done %s", 1)
    (line,) = lines()
    assert (line["message"], line["correlation_id"], line["service"], line["level"]) == ("done 1", "c-1", "identity", "INFO")


def test_the_row_that_postgresql_refused_is_not_logged(lines):
    address = "@".join(["ada", "example.org"])
    try:
        raise ValueError(f"duplicate key\nDETAIL:  Key (address)=({address}) already exists.\nLINE 1: SELECT {address}\n        ^")
    except ValueError:
        logging.getLogger("x").exception("failed")
    (line,) = lines()
    assert "duplicate key" in line["exc_info"]
    assert "ada@example.org" not in line["exc_info"]
