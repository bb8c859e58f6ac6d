"""Entries as lines that other programs read. Whatever somebody has typed into a field, it stays one field of one line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.audit.formats import cef, csvs, jsonl, ocsf

Line = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Format:
    """``line`` and ``head`` end with no line break; an empty ``head`` is none."""

    line: Line
    media: str = "application/x-ndjson"
    head: str = ""


FORMATS = {
    "jsonl": Format(jsonl.line),
    "csv": Format(csvs.line, "text/csv; charset=utf-8; header=present", csvs.HEAD),
    "cef": Format(cef.line, "text/plain; charset=utf-8"),
    "ocsf": Format(ocsf.line),
}
# Those whose lines need no head to be understood: what a sink may send.
LINES = {name: format.line for name, format in FORMATS.items() if not format.head}
