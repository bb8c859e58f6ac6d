"""Refusals in the numbers of this protocol: a status and a subcode beside it."""

from typing import NamedTuple

from werkzeug.exceptions import HTTPException

from gateway.problems import DETAILS
from services.chassis.errors import LimitExceeded, NotFound, PermissionDenied, ServiceError, Unauthenticated, Unavailable


class Kind(NamedTuple):
    status: int
    subcode: int


UNPARSABLE, BAD_VERSION = Kind(400, 0), Kind(400, 2)
INVALID_ID, MISSING, INVALID, BAD_VALUE = Kind(400, 10), Kind(400, 11), Kind(400, 12), Kind(400, 16)
NO_IMPERSONATION, UNKNOWN_KEY, INVALID_USER = Kind(400, 6), Kind(400, 75), Kind(400, 300)
NOT_FOR_THIS, BAD_SCHEME, NO_CREDENTIALS, MALFORMED = Kind(401, 1), Kind(401, 10), Kind(401, 20), Kind(401, 21)
WRONG_KEY, BAD_TOKEN = Kind(401, 22), Kind(401, 30)
ROLE = Kind(403, 20)
NO_ENDPOINT = Kind(404, 0)
# Seconds.
SOON = 60


class Refusal(Exception):
    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(kind, message)
        self.kind, self.message = kind, message


def of_service(error: ServiceError) -> Refusal:
    """Clients repeat 429 and 503 for hours, so those are only for what passes by itself, and soon."""
    message = error.detail or error.title
    match error:
        case Unauthenticated():
            return Refusal(BAD_TOKEN, message)
        case LimitExceeded() if error.fields.get("retry_after", SOON + 1) <= SOON:
            return Refusal(Kind(429, 0), message)
        case PermissionDenied() | LimitExceeded():
            return Refusal(ROLE, message)
        case Unavailable():
            return Refusal(Kind(503, 0), message)
        case NotFound():
            return Refusal(INVALID_ID, message)
    return Refusal(Kind(500, 0), "internal error") if error.status >= 500 else Refusal(BAD_VALUE, message)


def of_http(error: HTTPException) -> Refusal:
    status = error.code or 500
    return Refusal(Kind(status, 0), DETAILS.get(status, error.name))
