"""Many who come at the same moment: everyone who fits gets in, and whoever does not is told why."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from services.chassis import context, schema, usecase
from services.chassis.context import CallContext
from services.chassis.errors import ServiceError
from services.chassis.settings import Settings
from services.workspaces.application import Workspaces
from services.workspaces.service import SPEC
from tests.builders.workspaces import NOON, accept, enter, invite, open_link, vision

CROWD = 50


@pytest.fixture
def doors(settings: Settings) -> Iterator[list[Workspaces]]:
    """Two processes of the service, with pools of the usual size."""
    found = [Workspaces.connect(replace(settings, pool_size=8)) for _ in range(2)]
    with found[0].database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS workspaces CASCADE")
    schema.create(found[0].database, SPEC.tables)
    yield found
    for app in found:
        app.close()


def rush(doors: list[Workspaces], enterings: list, *, keyed: bool) -> Counter[str]:
    """What each of them, all at once, was answered: a role, or the code of the refusal."""

    def one(number: int) -> str:
        app = doors[number % len(doors)]
        key = f"{uuid4()}" if keyed else ""
        with context.use(CallContext(ip="192.0.2.1", idempotency_key=key)):
            try:
                answer = usecase.run("workspaces", "accept", app, {}, lambda _: {"role": enterings[number](app)["role"]})
            except ServiceError as refusal:
                return refusal.code
        return answer["data"]["role"]

    # As many calls at once as two processes work on.
    with ThreadPoolExecutor(32) as pool:
        return Counter(pool.map(one, range(len(enterings))))


def by(link: dict, account_id: UUID):
    return lambda app: enter(app, link, account_id)


@pytest.mark.feature("W-06")
@pytest.mark.parametrize("keyed", [False, True], ids=["without keys", "with idempotency keys"])
def test_fifty_that_open_one_link_at_once_all_get_in(doors: list[Workspaces], keyed: bool) -> None:
    shared = vision(doors[0])
    link = open_link(doors[0], shared, max_uses=CROWD)

    assert rush(doors, [by(link, uuid4()) for _ in range(CROWD)], keyed=keyed) == {"editor": CROWD}
    assert len(doors[0].list_members(shared, now=NOON, limit=200, cursor=None)["items"]) == CROWD + 1


def test_of_fifty_as_many_get_in_as_the_link_was_made_for(doors: list[Workspaces]) -> None:
    link = open_link(doors[0], vision(doors[0]), max_uses=30)

    assert rush(doors, [by(link, uuid4()) for _ in range(CROWD)], keyed=False) == {"editor": 30, "invitation_used_up": 20}


@pytest.mark.feature("W-13")
def test_of_fifty_as_many_get_in_as_the_workspace_has_room_for(doors: list[Workspaces]) -> None:
    shared = vision(doors[0])
    doors[0].set_member_limit(workspace_id=shared, limit=21, now=NOON)
    link = open_link(doors[0], shared, max_uses=CROWD)

    assert rush(doors, [by(link, uuid4()) for _ in range(CROWD)], keyed=True) == {"editor": 20, "member_limit_reached": 30}


def test_one_who_clicks_fifty_times_uses_it_once(doors: list[Workspaces]) -> None:
    link, ada = open_link(doors[0], vision(doors[0]), max_uses=2), uuid4()

    assert rush(doors, [by(link, ada)] * CROWD, keyed=False) == {"editor": CROWD}
    assert enter(doors[0], link, uuid4())["role"] == "editor"


def test_fifty_who_accept_their_own_invitations_at_once_all_join(doors: list[Workspaces]) -> None:
    shared = vision(doors[0])
    emails = [f"member{number}@example.org" for number in range(CROWD)]
    invited = [(invite(doors[0], shared, email=email), email) for email in emails]
    accepting = [lambda app, sent=sent, email=email: accept(app, sent, uuid4(), email) for sent, email in invited]

    assert rush(doors, accepting, keyed=False) == {"editor": CROWD}
