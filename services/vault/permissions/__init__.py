"""What a cloud credential needs for running experiments, by provider: the lists as data files beside this one."""

import json
from functools import cache
from pathlib import Path


@cache
def needed(provider: str) -> tuple[str, ...]:
    return tuple(json.loads((Path(__file__).parent / f"{provider}.json").read_text()))
