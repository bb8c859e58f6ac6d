"""Logging out with the token that a program was given for its key pair."""

import time
from collections.abc import Iterator
from statistics import quantiles

import pytest

from tests.e2e.test_clearml import Sdk, sdk, told
from tests.kit.installations import Installation, second_gateway
from tests.kit.people import Person
from tests.servers import eventually
from tests.workers import alone

WHO = "users.get_current_user"


def another(client: Sdk) -> Sdk:
    """The same pair, logged in once more."""
    found = Sdk(client.url.removesuffix("/clearml"), client.access_key, "")
    found.basic = client.basic
    found.login()
    return found


def test_logging_out_ends_the_token_it_was_called_with_and_no_other(ada: Person) -> None:
    pair = sdk(ada, ada.workspace())
    first, second = another(pair), another(pair)
    assert told(first.call(WHO)) == told(second.call(WHO)) == (200, 0)
    assert told(first.call("auth.logout", method="POST")) == (200, 0)
    for action in (WHO, "auth.logout"):
        assert told(first.call(action)) == (401, 30)
    assert second.data("auth.validate_token", {"token": first.bearer["Authorization"].removeprefix("Bearer ")})["valid"] is False
    assert told(second.call(WHO)) == told(pair.call(WHO)) == told(another(pair).call(WHO)) == (200, 0)


def test_a_pair_that_is_shown_itself_goes_on_after_logging_out(ada: Person) -> None:
    pair = sdk(ada, ada.workspace())
    assert told(pair.call("auth.logout")) == (200, 0)
    assert told(pair.call(WHO)) == (200, 0)


def test_the_journal_has_who_logged_out(ada: Person) -> None:
    client = sdk(ada, ada.workspace())
    client.login()
    client.data("auth.logout")

    def entry() -> list[dict[str, object]]:
        return ada.get("/v1/account/audit?type=identity.jwt.revoked").json()["items"]

    [revoked] = eventually(entry)
    assert revoked["actor"] == ada.account["id"]
    assert revoked["credential_id"] == revoked["changes"]["credential_id"]


@pytest.fixture
def other(distributed_gatehouse: Installation) -> Iterator[Installation]:
    with second_gateway(distributed_gatehouse) as running:
        yield running


def test_a_token_given_up_at_one_gateway_is_refused_at_the_other_within_a_tenth_of_a_second(
    distributed_gatehouse: Installation, other: Installation
) -> None:
    ada = Person(distributed_gatehouse, "ada").arrived()
    pair = sdk(ada, ada.workspace())
    with alone():
        delays = [_seconds_until_given_up(pair, other) for _ in range(20)]
    assert quantiles(delays, n=20)[-1] < 0.1, delays


def _seconds_until_given_up(pair: Sdk, other: Installation) -> float:
    here, there = another(pair), Sdk(other.url, pair.access_key, "")
    there.bearer = here.bearer
    assert [there.call(WHO).status_code for _ in range(2)] == [200, 200]
    here.data("auth.logout")
    began = time.perf_counter()
    assert told(here.call(WHO)) == (401, 30)
    eventually(lambda: there.call(WHO).status_code == 401, every=0.001)
    return time.perf_counter() - began
