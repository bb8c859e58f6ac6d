"""Many who want the same thing at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from services.chassis import usecase
from services.chassis.errors import ServiceError, Unauthenticated
from tests.builders.workspaces import ADA, GRACE, NOON, accept, enter, invite, later, open_link, vision
from tests.faults.holding import held, waiting
from tests.integration.workspaces.pages import members
from tests.servers import eventually


def in_parallel(app, functions):
    """As RPC runs them, all at once; what each answered, or its refusal's code."""

    def call(function):
        try:
            return usecase.run("workspaces", "call", app, {}, lambda payload: {"answer": function()})["data"]["answer"]
        except ServiceError as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(call, functions))


def test_many_that_invite_one_address_at_once_make_one_invitation(app):
    shared = vision(app)

    answers = in_parallel(app, [lambda: invite(app, shared)] * 16)

    assert all(answer == answers[0] for answer in answers)
    assert len(app.list_invitations(shared, now=NOON, limit=50, cursor=None)["items"]) == 1


def test_many_that_accept_at_once_all_join_or_are_told_that_it_is_full(app):
    shared = vision(app)
    emails = [f"member{number}@example.org" for number in range(8)]
    invitations = [invite(app, shared, email=email) for email in emails]
    app.settings = replace(app.settings, member_limit=5)

    answers = in_parallel(
        app,
        [
            lambda invitation=invitation, email=email: accept(app, invitation, uuid4(), email)["role"]
            for invitation, email in zip(invitations, emails, strict=True)
        ],
    )

    assert sorted(answers) == ["editor"] * 4 + ["member_limit_reached"] * 4
    assert len(members(app, shared, now=later(days=15))["items"]) == 5


@pytest.mark.feature("W-13")
def test_one_free_seat_is_taken_once_by_fifty_that_accept_at_once(app):
    shared = vision(app)
    emails = [f"member{number}@example.org" for number in range(50)]
    # Sent while there was no limit, so each of them waits for an answer.
    invitations = [invite(app, shared, email=email) for email in emails]
    app.set_member_limit(workspace_id=shared, limit=2, now=NOON)

    answers = in_parallel(
        app,
        [
            lambda invitation=invitation, email=email: accept(app, invitation, uuid4(), email)["role"]
            for invitation, email in zip(invitations, emails, strict=True)
        ],
    )

    assert sorted(answers) == ["editor"] + ["member_limit_reached"] * 49
    assert len(members(app, shared, status="active")["items"]) == 2


@pytest.mark.feature("W-06")
def test_a_link_for_one_lets_in_one_of_fifty_that_open_it_at_once(app):
    shared = vision(app)
    link = open_link(app, shared, max_uses=1)

    answers = in_parallel(app, [lambda: enter(app, link, uuid4())["role"]] * 50)

    assert sorted(answers) == ["editor"] + ["invitation_used_up"] * 49
    assert len(members(app, shared)["items"]) == 2


def test_fifty_invited_at_once_beyond_the_limit_hold_as_many_seats_as_there_are(app):
    shared = vision(app)
    app.set_member_limit(workspace_id=shared, limit=2, now=NOON)

    answers = in_parallel(
        app, [lambda number=number: invite(app, shared, email=f"member{number}@example.org")["status"] for number in range(50)]
    )

    assert sorted(answers) == ["member_limit_reached"] * 49 + ["pending"]


def test_two_that_want_one_slug_at_once_do_not_both_get_it(app):
    answers = in_parallel(app, [lambda: app.create_workspace(account_id=GRACE, name="Eye", slug="eye", now=NOON)["slug"]] * 8)

    assert sorted(answers) == ["eye"] + ["slug_taken"] * 7


@pytest.mark.feature("I-16")
@pytest.mark.parametrize(
    "becoming_one", [lambda app, link: enter(app, link, ADA), lambda app, _: vision(app, owner=ADA)], ids=["by a link", "by making it"]
)
def test_an_account_erased_in_the_instant_it_becomes_a_member_is_none_afterwards(app, becoming_one):
    """Whoever makes it one has decided and is about to write; only then it is erased."""
    link = open_link(app, vision(app))

    with ThreadPoolExecutor(2) as pool:
        with held(app.database, "members"):
            joining = pool.submit(becoming_one, app, link)
            eventually(lambda: waiting(app.database, "members"))
            erasing = pool.submit(app.forget_account, ADA, [], NOON)
            eventually(lambda: erasing.done() or app.database.all("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
        joined = joining.result()
        erasing.result()

    assert app.role(joined if isinstance(joined, UUID) else joined["id"], ADA, NOON)["role"] is None
    assert app.list_workspaces(ADA, NOON, 50, None)["items"] == []


def test_an_account_that_is_erased_becomes_a_member_of_nothing_any_more(app):
    shared = vision(app)
    invitation, link = invite(app, shared), open_link(app, shared)
    app.forget_account(ADA, [], NOON)
    before = app.recorder.max_notification_id()

    for late in (lambda: accept(app, invitation), lambda: enter(app, link, ADA), lambda: vision(app, owner=ADA)):
        with pytest.raises(Unauthenticated, match="account_erased"):
            late()
    app.create_personal_workspace(ADA, NOON)

    assert app.recorder.max_notification_id() == before
