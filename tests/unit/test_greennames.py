import json
import subprocess
import sys
from pathlib import Path


def test_others_go_on_while_a_name_server_is_silent() -> None:
    words = [sys.executable, "-W", "ignore", "-m", "tests.kit.green_lookups"]
    done = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=True)
    seen = json.loads(done.stdout)
    assert seen["found"] == "192.0.2.1"
    assert seen["ticks"] > 5
    assert not seen["modules"], "eventlet's own DNS client is loaded all the same"
