"""Choosing from a list as this protocol asks for it: by id and name, in an order, page by page, with some fields only."""

import re
from collections.abc import Callable

from marshmallow import Schema, fields, pre_load, validate

from gateway.clearml import refusals
from gateway.clearml.call import Data
from gateway.clearml.refusals import Refusal
from services.chassis.fields import Text

# Text, dots and anchors. What can repeat is what can keep a server busy for hours.
_SIMPLE = re.compile(r"\^?(\.\*|\\\W|[^\\*+?()\[\]{}|^$])*\$?")
_WILDCARDS = 2
_LISTS = ("id", "only_fields", "order_by")


class Listing(Schema):
    id = fields.List(Text(longest=100), load_default=None, allow_none=True, validate=validate.Length(max=500))
    name = Text(load_default=None, allow_none=True, longest=200)
    only_fields = fields.List(Text(longest=100), load_default=None, allow_none=True, validate=validate.Length(max=50))
    order_by = fields.List(Text(longest=100), load_default=None, allow_none=True, validate=validate.Length(max=10))
    page = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=0))
    page_size = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 500))

    @pre_load
    def _one_is_a_list(self, data: Data, **_: object) -> Data:
        """A query has no way to write a list of one."""
        return data | {name: [data[name]] for name in _LISTS if isinstance(data.get(name), str)}


def chosen(rows: list[Data], wish: Data) -> list[Data]:
    if wish["id"] is not None:
        rows = [row for row in rows if row["id"] in wish["id"]]
    if wish["name"]:
        rows = list(filter(_named(wish["name"]), rows))
    for field in reversed(wish["order_by"] or []):
        rows = _ordered(rows, field)
    return [_only(row, wish["only_fields"]) for row in _page(rows, wish["page"], wish["page_size"])]


def _named(pattern: str) -> Callable[[Data], bool]:
    if not _SIMPLE.fullmatch(pattern) or pattern.count(".*") > _WILDCARDS:
        raise Refusal(refusals.BAD_VALUE, f"name may hold text, dots, ^, $ and {_WILDCARDS} times .*, nothing else")
    search = re.compile(pattern).search
    return lambda row: search(row["name"]) is not None


def _ordered(rows: list[Data], wish: str) -> list[Data]:
    field = wish.removeprefix("-")
    if any(not isinstance(row.get(field), str) for row in rows):
        raise Refusal(refusals.BAD_VALUE, f"order_by: there is no order by {field[:100]}")
    return sorted(rows, key=lambda row: str(row[field]), reverse=wish.startswith("-"))


def _page(rows: list[Data], page: int | None, size: int | None) -> list[Data]:
    if page is None or size is None:
        return rows
    return rows[page * size : (page + 1) * size]


def _only(row: Data, names: list[str] | None) -> Data:
    """The id is always told."""
    return row if names is None else {name: value for name, value in row.items() if name == "id" or name in names}
