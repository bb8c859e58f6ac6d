"""Fuzzes the reading of configurations, led by coverage: ``python -m tests.fuzz.configurations FORMAT [libFuzzer's options]``.

It needs the dependency group ``fuzz``; ``-max_total_time=3600`` ends it after an hour. What it finds belongs into
``tests/unit/configurations.yaml``, as a case that stays.
"""

import json
import sys
import time

import atheris

with atheris.instrument_imports(include=["services.vault.configuration"]):
    from services.vault.configuration import clients, hocon_text, json_text, merging, reading, rules, telling, yaml_text  # noqa: F401

from pyhocon import ConfigFactory

from services.chassis.errors import InvalidInput
from tests.unit.test_vault_configuration_clients import plain

LONGEST = 4_096
# Seconds; thousands of times as long as a text of this length takes.
PATIENCE = 2.0


def check(format: str, text: str) -> None:
    """Raises if the text is neither refused with a reason nor read into what clients read from what they are served."""
    began = time.monotonic()
    try:
        tree = reading.read(format, text, LONGEST)
    except InvalidInput as refused:
        assert refused.code.startswith("configuration_"), refused.code
        return
    finally:
        assert time.monotonic() - began < PATIENCE, "too slow"
    served = clients.served(tree)
    assert json.loads(served) == tree
    assert [each.value for each in merging.settings({"one": tree})] == [value for _, value in merging.leaves(tree)]
    assert telling.difference(tree, tree) == {"added": [], "removed": [], "changed": []}
    assert all(warned.key for warned in rules.warnings(tree))
    if len(served) < 200:
        assert plain(ConfigFactory.parse_string(served).as_plain_ordered_dict()) == clients.held(tree), served


def main() -> None:
    format, *options = sys.argv[1:]
    atheris.Setup([sys.argv[0], f"-max_len={LONGEST}", *options], lambda data: check(format, data.decode(errors="surrogateescape")))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
