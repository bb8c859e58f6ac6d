"""Request bodies and query strings: strict JSON objects, checked against the route's schema."""

import json
import math
from typing import Any, Literal, NoReturn

from flask import Request
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from services.chassis.errors import InvalidInput, ServiceError, Unprocessable


class UnsupportedMediaType(ServiceError):
    """Never crosses RPC."""

    status, title = 415, "Unsupported media type"


def read(request: Request) -> bytes:
    """Once a request."""
    try:
        return _unbounded(request) if request.content_length is None else _bounded(request, request.content_length)
    except (OSError, ValueError):
        # Bad chunk framing, or the client went away in the middle.
        raise InvalidInput("body_unreadable", "The body ended early or is badly chunked.") from None


def _bounded(request: Request, length: int) -> bytes:
    """Past Werkzeug's streams, which count what they read, for as much time as a remembered decision takes."""
    if length > (request.max_content_length or length):
        raise RequestEntityTooLarge
    raw: bytes = request.environ["wsgi.input"].read(length)
    if len(raw) < length:
        raise OSError("the body ended early")
    return raw


def _unbounded(request: Request) -> bytes:
    raw = request.get_data()
    # At the limit Werkzeug just stops; it takes asking for more to hear that there was more.
    request.stream.read(1)
    return raw


def check_media_type(request: Request) -> None:
    if request.environ.get("CONTENT_TYPE") != "application/json" and not request.is_json:
        raise UnsupportedMediaType("unsupported_media_type", "Send the body as application/json.")


def parse(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw.decode(), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise InvalidInput("malformed_json", "The body is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise Unprocessable("invalid_fields", "The body must be a JSON object.")
    if b"\\u" in raw:
        _check_texts(value)
    return value


def check_depth(value: Any, most: int = 50) -> None:
    """What can just be read may be too deep to be written again."""
    level = [value]
    for _ in range(most):
        if not level:
            return
        level = [child for item in level for child in _children(item)]
    raise Unprocessable("too_deep", f"Objects and lists may lie in one another {most} deep.")


def _children(item: Any) -> Any:
    return item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()


def validated(schema: Schema, value: dict[str, Any], unknown: Literal["raise", "exclude"] = RAISE) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(value, unknown=unknown)
    except ValidationError as error:
        raise _invalid(error.messages) from None
    return loaded


class Parser(FlaskParser):
    """flask-smorest's own, but strict. Unknown parameters of a query are refused too: a mistyped filter must not silently match all."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE, "form": RAISE}  # noqa: RUF012

    def load_json(self, req: Request, schema: Schema) -> dict[str, Any]:
        raw = read(req)
        if not raw and not any(field.required for field in schema.fields.values()):
            return {}
        check_media_type(req)
        return parse(raw)

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        for name, value in req.args.items(multi=True):
            _check_text(name + value)
        return super().load_querystring(req, schema)

    def handle_error(self, error: ValidationError, *_args: Any, **_kwargs: Any) -> NoReturn:
        # webargs groups by where the values came from; a route has only one such place.
        raise _invalid(next(iter(error.messages.values()))) from None  # type: ignore[union-attr]


def _invalid(messages: Any) -> Unprocessable:
    return Unprocessable("invalid_fields", "Some fields are wrong; see errors.", fields=messages)


def _check_texts(value: Any) -> None:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                _check_text(text)
            case dict(members):
                waiting.extend((*members, *members.values()))
            case list(items):
                waiting.extend(items)


def _check_text(text: str) -> None:
    """PostgreSQL stores neither NUL nor half a surrogate pair."""
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise Unprocessable("invalid_text", "Text must not hold NUL characters or lone surrogates.")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number
