from datetime import UTC, datetime, timedelta

import pytest

from services.chassis.errors import LimitExceeded
from services.chassis.throttle import Throttle

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def throttle() -> Throttle:
    return Throttle(None, "test", timedelta(minutes=15))


def test_attempts_past_the_limit_are_refused_with_the_time_to_wait():
    found = throttle()
    found.take("a", 1, NOON)

    with pytest.raises(LimitExceeded) as refused:
        found.take("a", 1, NOON + timedelta(minutes=5))

    assert refused.value.fields == {"retry_after": 600}


def test_keys_are_counted_apart():
    found = throttle()
    found.take("a", 1, NOON)

    found.take("b", 1, NOON)


def test_a_new_window_starts_from_nothing():
    found = throttle()
    found.take("a", 1, NOON)

    found.take("a", 1, NOON + timedelta(minutes=15))


def test_what_is_given_back_does_not_count():
    found = throttle()
    found.take("a", 1, NOON)
    found.give_back("a", NOON)

    found.take("a", 1, NOON)


def test_a_cleared_key_starts_from_nothing():
    found = throttle()
    for _ in range(3):
        found.take("a", 3, NOON)
    found.clear("a")

    found.take("a", 1, NOON)


def test_a_check_counts_nothing_and_refuses_once_the_limit_is_reached():
    found = throttle()
    for _ in range(3):
        found.check("a", 1, NOON)
    found.take("a", 1, NOON)

    with pytest.raises(LimitExceeded) as refused:
        found.check("a", 1, NOON)

    assert refused.value.fields == {"retry_after": 900}
    found.check("a", 1, NOON + timedelta(minutes=15))
