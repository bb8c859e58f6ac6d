"""One call: which action, of which version, with what data."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from gateway.access import Principal
from gateway.bodies import check_depth, parse, read
from gateway.calls import Request, correlation_id
from gateway.clearml import refusals
from gateway.clearml.refusals import Refusal
from services.chassis.errors import InvalidInput

NEWEST = "2.34"
_PATH = re.compile(r"(?:v(?P<version>[0-9.]{1,20})/)?(?P<name>[a-z_]{1,60}\.[a-z_]{1,60})/?")
_VERSION = re.compile(r"2(\.[0-9]{1,4})?")

Data = dict[str, Any]


class Ready(bytes):
    """Data that is JSON already: too much of it to be written anew, or copied, for everybody who asks."""


@dataclass
class Call:
    """``principal``: who calls, where the action demands that anybody is known."""

    request: Request
    name: str = ""
    requested: str | None = None
    actual: str | None = None
    data: Data = field(default_factory=dict)
    principal: Principal | None = None

    @property
    def who(self) -> Principal:
        if self.principal is None:
            raise Refusal(refusals.NO_CREDENTIALS, "Unauthorized (missing credentials)")
        return self.principal

    @property
    def workspace_id(self) -> str:
        """Of the key pair, which is bound to exactly one."""
        bound = self.who.workspace_ids
        if bound is None or len(bound) != 1:
            raise Refusal(refusals.NOT_FOR_THIS, "Use a key pair of a workspace here")
        return str(bound[0])


def read_path(call: Call, path: str) -> None:
    """No version stands for the newest; any 2.x is taken, known or not."""
    if (match := _PATH.fullmatch(path)) is None:
        raise Refusal(refusals.UNPARSABLE, "The path is not [v<version>/]<service>.<action>")
    version = match["version"] or NEWEST
    if not _VERSION.fullmatch(version):
        raise Refusal(refusals.BAD_VERSION, f"Versions are 2.0 to {NEWEST}")
    call.name, call.requested = match["name"], version


def read_data(req: Request) -> Data:
    """The body, with GET too, and the query, which wins where both speak of a thing."""
    if req.environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise Refusal(refusals.Kind(415, 0), "Compressed requests are not supported")
    body = _body(req)
    return body | _query(req)


def _body(req: Request) -> Data:
    if not (raw := read(req)).strip():
        return {}
    if req.mimetype == "application/json-lines":
        raise Refusal(refusals.INVALID, "This action takes no batches")
    try:
        body = parse(raw)
        check_depth(body)
    except InvalidInput as error:
        raise Refusal(refusals.INVALID, error.detail) from None
    return body


def _query(req: Request) -> Data:
    """A repeated name is a list; a name with dots stands for objects in one another."""
    found: Data = {}
    for name, values in req.args.lists():
        _put(found, name.split(".")[:10], [_worded(v) for v in values] if len(values) > 1 else _worded(values[0]))
    return found


def _put(found: Data, path: list[str], value: Any) -> None:
    for part in path[:-1]:
        if not isinstance(inner := found.setdefault(part, {}), dict):
            raise Refusal(refusals.INVALID, "A name stands for a value and for an object at once")
        found = inner
    found[path[-1]] = value


def _worded(text: str) -> bool | str:
    if "\x00" in text:
        raise Refusal(refusals.INVALID, "Text must not hold NUL characters")
    return {"true": True, "false": False}.get(text, text)


def envelope(call: Call, data: Data | Ready | None = None, refusal: Refusal | None = None) -> list[bytes]:
    """What every answer is wrapped in, piece by piece. Clients miss it even where they need nothing of it."""
    kind = refusal.kind if refusal else refusals.Kind(200, 0)
    id = correlation_id().replace("-", "")
    meta = {
        "id": id,
        "trx": id,
        "endpoint": {"name": call.name, "requested_version": call.requested, "actual_version": call.actual},
        "result_code": kind.status,
        "result_subcode": kind.subcode,
        "result_msg": refusal.message if refusal else "OK",
        "error_stack": None,
        "error_data": {},
    }
    head = f'{{"meta": {json.dumps(meta)}, "data": '
    return [head.encode(), data, b"}"] if isinstance(data, Ready) else [f"{head}{json.dumps(data or {})}}}".encode()]
