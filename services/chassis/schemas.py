"""Marshmallow schemas, each made once: to make one costs more than to use it."""

from functools import cache

from marshmallow import Schema


@cache
def made(kind: type[Schema]) -> Schema:
    """Loading and dumping keep nothing in a schema, so all threads may share it."""
    return kind()
