"""How every call into a service is run: lost races tried again, keys honoured, outages and bad input given their kind."""

import random
import time
from collections.abc import Callable
from typing import Any

from eventsourcing.persistence import IntegrityError
from marshmallow import ValidationError

from services.chassis import context, crash, idempotency
from services.chassis.application import Application, written
from services.chassis.database import OUTAGE
from services.chassis.errors import Conflict, Unavailable, Unprocessable

Payload = dict[str, Any]
_TRIES = 8


def run(service: str, method: str, application: Application | None, payload: Payload, function: Callable[[Payload], Payload]) -> Payload:
    """Answers ``{"data": …, "position": n}``, n being the log position of the last public event appended, 0 if none was."""
    keyed = application is not None and context.current().idempotency_key
    for attempt in range(_TRIES):
        written.set(0)
        try:
            if keyed and application is not None:
                data = idempotency.once(application, method, payload, lambda: function(payload))
            else:
                data = function(payload)
            crash.point(f"{service}.{method}.done")
            return {"data": data, "position": written.get()}
        except IntegrityError:
            time.sleep(random.uniform(0, 0.005 * 2**attempt))
        except ValidationError as error:
            raise Unprocessable("invalid_fields", "see errors for what is wrong with each field", error.normalized_messages()) from None  # type: ignore[no-untyped-call]
        except OUTAGE as error:
            raise Unavailable("database_unavailable", "the database is away for now: try again", {"retry_after": 2}) from error
    raise Conflict("concurrent_change", "somebody else changed this at the same moment: read it again and decide anew")
