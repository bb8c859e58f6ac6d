"""What calling a service looks like to the service."""

from datetime import UTC
from typing import Any
from uuid import UUID

import pytest
from marshmallow import Schema, fields

from services.chassis import rpc_wire
from services.chassis.context import CallContext
from services.chassis.errors import Conflict, InternalError, NotFound, Unprocessable
from services.chassis.rpc import Clock, rpc
from services.chassis.rpc_server import Request


class Order(Schema):
    number = fields.Integer(required=True)


class ShopService:
    name = "shop"

    @rpc
    def order(self, payload: dict[str, Any]) -> dict[str, Any]:
        if payload.get("number") == 13:
            raise Conflict("unlucky", "take another")
        return Order().load(payload)


def test_a_method_called_in_python_is_the_method_it_was() -> None:
    assert ShopService().order({"number": 1}) == {"number": 1}
    with pytest.raises(Conflict):
        ShopService().order({"number": 13})


def reply(payload: Any) -> dict[str, Any]:
    answer: dict[str, Any] = ShopService().order(Request(payload, CallContext(correlation_id="c")))
    return answer


def test_a_call_is_answered_with_data_and_position() -> None:
    assert reply({"number": 1}) == {"result": {"data": {"number": 1}, "position": 0}, "error": None}


def test_a_refusal_is_an_answer() -> None:
    assert rpc_wire.raised(reply({"number": 13})["error"]).args == ("unlucky", "take another", {})


def test_bad_fields_are_told_by_name() -> None:
    error = rpc_wire.raised(reply({"number": "x"})["error"])
    assert type(error) is Unprocessable
    assert list(error.fields) == ["number"]


def test_an_unknown_kind_of_error_says_nothing() -> None:
    assert (
        rpc_wire.raised({"exc_type": "KeyError", "exc_path": "builtins.KeyError", "exc_args": ["s3cret"], "value": "s3cret"}).args
        == InternalError().args
    )


def test_an_error_from_another_version_that_cannot_be_built_says_nothing() -> None:
    path = rpc_wire.refusal(NotFound("x"))["error"]["exc_path"]
    assert type(rpc_wire.raised({"exc_path": path, "exc_args": [1, 2, 3, 4, 5]})) is InternalError


def test_ids_travel_as_text_and_anything_strange_not_at_all() -> None:
    assert rpc_wire.dumps({"id": UUID(int=1)}) == '{"id":"00000000-0000-0000-0000-000000000001"}'
    with pytest.raises(TypeError):
        rpc_wire.dumps({"set": {1}})


def test_the_clock_tells_utc() -> None:
    assert Clock().get_dependency(None)().tzinfo is UTC
