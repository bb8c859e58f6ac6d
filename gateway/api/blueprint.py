"""flask-smorest's blueprint with our strict parser."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Blueprint as Base
from marshmallow import Schema

from gateway.bodies import Parser
from services.chassis.schemas import made

F = TypeVar("F", bound=Callable[..., Any])


class Blueprint(Base):
    ARGUMENTS_PARSER = Parser()

    def arguments(self, schema: type[Schema] | Schema, **kwargs: Any) -> Any:
        """Given a class, the parser would make a schema at every request."""
        return super().arguments(made(schema) if isinstance(schema, type) else schema, **kwargs)


def described(*decorators: Callable[[Any], Any]) -> Callable[[F], F]:
    """Only what flask-smorest's decorators say in the document, without what they do at each request."""

    def describe(view: F) -> F:
        stand_in: Any = lambda: None  # noqa: E731
        for decorate in reversed(decorators):
            stand_in = decorate(stand_in)
        view._apidoc = stand_in._apidoc  # type: ignore[attr-defined]
        return view

    return describe
