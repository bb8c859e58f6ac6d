"""The kinds of refusal a service may answer with; they cross RPC typed.

Raise the kind itself: ``Conflict("invitation_taken", "…")``. The class decides the HTTP status, the code is the
contract with clients, the detail is for people.
"""

from typing import Any, ClassVar

from nameko.exceptions import deserialize_to_instance

Fields = dict[str, Any]


class ServiceError(Exception):
    """A refusal with a stable code. ``detail`` says what to do and never holds a secret or a personal value."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(self, code: str, detail: str = "", fields: Fields | None = None) -> None:
        # All three go to ``args``: nameko carries exactly those over RPC.
        super().__init__(code, detail, fields or {})
        self.code, self.detail, self.fields = code, detail, fields or {}

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


@deserialize_to_instance
class InvalidInput(ServiceError):
    """``fields`` maps a field's name to what is wrong with it."""

    status, title = 400, "Invalid input"


@deserialize_to_instance
class Unprocessable(InvalidInput):
    """Well-formed, but against the schema: what a form shows beside its fields."""

    status, title = 422, "Unprocessable content"


@deserialize_to_instance
class Unauthenticated(ServiceError):
    status, title = 401, "Unauthenticated"


@deserialize_to_instance
class PermissionDenied(ServiceError):
    status, title = 403, "Permission denied"


@deserialize_to_instance
class NotFound(ServiceError):
    status, title = 404, "Not found"


@deserialize_to_instance
class Conflict(ServiceError):
    status, title = 409, "Conflict"


@deserialize_to_instance
class PreconditionFailed(ServiceError):
    """What was to be changed is no longer what the caller saw. ``fields`` holds its ``etag`` as it is now."""

    status, title = 412, "Precondition failed"


@deserialize_to_instance
class LimitExceeded(ServiceError):
    """``fields`` may hold ``retry_after``, in seconds."""

    status, title = 429, "Limit exceeded"


@deserialize_to_instance
class Unavailable(ServiceError):
    """Something this call needs is away for now. ``fields`` may hold ``retry_after``, in seconds."""

    status, title = 503, "Unavailable"


@deserialize_to_instance
class InternalError(ServiceError):
    """Something broke that no caller can mend: the code says no more than that, the service's log says all of it."""

    def __init__(self, code: str = "internal", detail: str = "", fields: Fields | None = None) -> None:
        super().__init__(code, detail, fields)
