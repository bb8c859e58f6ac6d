"""Entity tags: the version that was read, so that two editors cannot overwrite each other unseen (RFC 9110, section 13.1.1)."""

import re
from typing import Any

from flask import Request

from services.chassis.errors import PreconditionFailed

_TAG = re.compile(r'"(\d{1,18})"')


def tag(version: int) -> str:
    return f'"{version}"'


def tagged(answer: dict[str, Any], **headers: str) -> tuple[dict[str, Any], dict[str, str]]:
    return answer, headers | {"ETag": tag(answer["version"])}


def expected(request: Request) -> int | None:
    """The version that ``If-Match`` names; None if the caller takes any. Raises PreconditionFailed for a tag that never was ours."""
    sent = request.headers.get("If-Match", "*").strip()
    if sent == "*":
        return None
    if (known := _TAG.fullmatch(sent)) is None:
        raise PreconditionFailed("changed_meanwhile", "If-Match names no version of this. Read it again and send the ETag you get.")
    return int(known[1])
