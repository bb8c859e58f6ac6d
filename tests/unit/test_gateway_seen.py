"""Telling identity that a session is in use."""

import eventlet

from gateway.seen import Seen
from services.chassis import context
from services.chassis.errors import Unavailable


def test_a_session_in_use_is_told_once_in_a_while_and_beside_the_request():
    told = []
    seen = Seen(lambda *call: told.append((*call, context.current().correlation_id)), minutes=5)

    for session_id in ("a", "b", "a", ""):
        seen.note(session_id, "the-request")
    assert told == []
    eventlet.sleep(0)

    assert told == [("identity", "session_seen", {"session_id": each}, "the-request") for each in "ab"]


def test_nobody_hears_of_it_when_identity_is_away():
    def away(*_):
        raise Unavailable("service_unavailable")

    Seen(away, minutes=5).note("a", "the-request")
    eventlet.sleep(0)
