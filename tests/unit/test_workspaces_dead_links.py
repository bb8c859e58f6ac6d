"""Links that are made up: some are forgiven, then that client opens nothing for a while."""

from datetime import datetime
from uuid import UUID

import pytest

from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.errors import LimitExceeded, NotFound
from services.workspaces.application import Workspaces
from tests.builders.workspaces import ADA, NOON, enter, invite, later, open_link, token, vision, workspaces

FEW = 3


@pytest.fixture
def app() -> Workspaces:
    return workspaces(invitation_guesses=FEW)


@pytest.fixture
def shared(app: Workspaces) -> UUID:
    return vision(app)


def look(app: Workspaces, text: str, ip: str = "192.0.2.1", now: datetime = NOON) -> str:
    with context.use(CallContext(ip=ip)):
        return str(app.get_invitation(token=text, now=now)["status"])


def guess(app: Workspaces, times: int, ip: str = "192.0.2.1") -> None:
    for number in range(times):
        with pytest.raises(NotFound, match="invitation_unknown"):
            look(app, f"gi_{number}", ip)


@pytest.mark.parametrize("how", ["look", "accept", "decline"])
def test_after_too_many_even_a_good_link_opens_nothing_for_that_client(app: Workspaces, shared: UUID, how: str) -> None:
    link = token(invite(app, shared))
    guess(app, FEW)
    with context.use(CallContext(ip="192.0.2.1")), pytest.raises(LimitExceeded, match="too_many_attempts") as refused:
        match how:
            case "look":
                app.get_invitation(token=link, now=NOON)
            case "accept":
                app.accept_invitation(token=link, account_id=ADA, address_ids=[], now=NOON)
            case _:
                app.decline_invitation(token=link, account_id=ADA, address_ids=[], now=NOON)
    assert refused.value.fields == {"retry_after": 900}


def test_others_and_later_times_are_not_concerned(app: Workspaces, shared: UUID) -> None:
    link = token(open_link(app, shared))
    guess(app, FEW)
    assert look(app, link, ip="192.0.2.2") == "pending"
    assert look(app, link, now=later(minutes=15)) == "pending"


def test_a_whole_ipv6_network_is_one_client(app: Workspaces, shared: UUID) -> None:
    guess(app, FEW, ip="2001:db8::1")
    with pytest.raises(LimitExceeded):
        look(app, token(open_link(app, shared)), ip="2001:db8::2")
    assert look(app, token(open_link(app, shared)), ip="2001:db8:0:1::1") == "pending"


def test_good_links_count_nothing(app: Workspaces, shared: UUID) -> None:
    link = open_link(app, shared)
    for _ in range(FEW * 3):
        assert look(app, token(link)) == "pending"
        enter(app, link)
    guess(app, FEW)
