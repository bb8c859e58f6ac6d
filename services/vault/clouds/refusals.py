"""What may come of asking a cloud, beside an answer."""

from services.chassis.errors import Conflict, Unavailable


def refused(cloud: str, reason: str) -> Conflict:
    return Conflict("cloud_refused", f"{cloud} does not accept this credential ({reason}): was it revoked, or mistyped?")


def may_not_ask(cloud: str, needed: str) -> Conflict:
    return Conflict(
        "cloud_check_denied", f"{cloud} does not let this credential ask: allow it {needed}, or send a policy document to check"
    )


def away(cloud: str) -> Unavailable:
    return Unavailable("cloud_unavailable", f"{cloud} does not answer: try again, or send a policy document to check", {"retry_after": 5})
