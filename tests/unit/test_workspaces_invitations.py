"""Inviting an address, and answering."""

import pytest
from eventsourcing.persistence import IntegrityError

from services.chassis.errors import Conflict, NotFound, PermissionDenied
from services.workspaces.domain import Invitation, Terms, Workspace
from services.workspaces.links import Link
from tests.builders.workspaces import (
    ADA,
    ADAS_ADDRESS,
    BOB,
    BOBS_ADDRESS,
    GRACE,
    NOBODY,
    NOON,
    accept,
    address_ids,
    decline,
    invite,
    join,
    later,
    log,
    token,
    topics,
    vision,
    workspaces,
)


@pytest.fixture
def app():
    return workspaces()


@pytest.fixture
def shared(app):
    return vision(app)


def refused(app, kind, code, command, *args, **payload):
    before = len(log(app))
    with pytest.raises(kind) as refusal:
        command(*args, **payload)
    assert refusal.value.code == code
    assert topics(app, before) == []


def test_an_address_is_invited(app, shared):
    before = len(log(app))

    invitation = invite(app, shared)

    assert topics(app, before) == ["workspaces.member.invited"]
    assert (invitation["email"], invitation["role"], invitation["status"]) == (ADAS_ADDRESS, "editor", "pending")
    assert invitation["expires_at"] == later(days=14)
    assert token(invitation).startswith("gi_")


def test_inviting_again_finds_the_invitation_there_is_however_the_address_is_written(app, shared):
    first = invite(app, shared)
    before = len(log(app))

    second = invite(app, shared, email="ADA@Example.ORG")

    assert second == first
    assert topics(app, before) == []


def test_nobody_is_invited_to_a_workspace_that_does_not_exist(app):
    refused(app, NotFound, "workspace_not_found", invite, app, NOBODY)


def test_whoever_is_a_member_is_not_invited_again(app, shared):
    join(app, shared)

    refused(app, Conflict, "already_member", invite, app, shared)


def test_two_that_invite_one_address_at_the_same_moment_make_one_invitation(app, shared):
    (address_id,), terms = address_ids(app, ADAS_ADDRESS), Terms(workspace_version=2, role="editor", invited_by=GRACE, expires_at=NOON)
    first, second = (Invitation.sent(shared, address_id, ADAS_ADDRESS, terms) for _ in range(2))
    app.save(first)

    with pytest.raises(IntegrityError):
        app.save(second)


@pytest.mark.parametrize("ending", ["expired", "declined", "withdrawn", "left"])
def test_whoever_did_not_stay_is_invited_in_a_new_round_and_the_old_link_is_dead(app, shared, ending):
    old = invite(app, shared)
    now = later(days=15) if ending == "expired" else NOON
    if ending == "declined":
        decline(app, old)
    if ending == "withdrawn":
        app.withdraw_invitation(workspace_id=shared, invitation_id=old["id"])
    if ending == "left":
        accept(app, old)
        app.leave_workspace(workspace_id=shared, account_id=ADA)

    renewed = invite(app, shared, role="viewer", now=now)

    assert topics(app)[-1] == "workspaces.member.reinvited"
    assert renewed["id"] == old["id"]
    assert token(renewed) != token(old)
    assert app.get_invitation(token=token(old), now=now)["status"] == "withdrawn"
    refused(app, Conflict, "invitation_withdrawn", accept, app, old, now=now)
    assert accept(app, renewed, now=now)["role"] == "viewer"


def test_a_link_says_what_it_offers(app, shared):
    invitation = invite(app, shared)

    offer = app.get_invitation(token=token(invitation), now=NOON)

    assert offer == {"workspace_name": "Vision", "role": "editor", "status": "pending", "expires_at": later(days=14), "open": False}


def test_accepting_makes_a_member(app, shared):
    invitation = invite(app, shared)
    before = len(log(app))

    workspace = accept(app, invitation)

    assert topics(app, before) == ["workspaces.invitation.accepted", "workspaces.member.joined"]
    assert (workspace["id"], workspace["role"], workspace["member_count"]) == (shared, "editor", 2)
    assert log(app)[-1].invitation_id == invitation["id"]


def test_accepting_again_changes_nothing(app, shared):
    invitation = invite(app, shared)
    first = accept(app, invitation)
    before = len(log(app))

    assert accept(app, invitation) == first
    assert topics(app, before) == []


def test_a_link_is_used_once(app, shared):
    invitation = join(app, shared)

    refused(app, Conflict, "invitation_taken", accept, app, invitation, BOB)


def test_a_member_who_accepts_with_another_address_stays_as_he_is(app, shared):
    join(app, shared)
    before = len(log(app))

    answer = accept(app, invite(app, shared, email="lovelace@example.org", role="admin"), email="lovelace@example.org")

    assert topics(app, before) == ["workspaces.member.invited", "workspaces.invitation.accepted"]
    assert answer["role"] == "editor"


@pytest.mark.parametrize("answer", [accept, decline])
def test_an_invitation_is_answered_by_the_address_it_was_sent_to(app, shared, answer):
    invitation = invite(app, shared)

    refused(app, PermissionDenied, "invitation_for_another_address", answer, app, invitation, BOB, BOBS_ADDRESS)


@pytest.mark.parametrize("answer", [accept, decline])
def test_an_expired_invitation_cannot_be_answered(app, shared, answer):
    invitation = invite(app, shared)

    refused(app, Conflict, "invitation_expired", answer, app, invitation, now=later(days=14))


@pytest.mark.parametrize("answer", [accept, decline])
def test_a_withdrawn_invitation_cannot_be_answered(app, shared, answer):
    invitation = invite(app, shared)
    app.withdraw_invitation(workspace_id=shared, invitation_id=invitation["id"])

    refused(app, Conflict, "invitation_withdrawn", answer, app, invitation)


@pytest.mark.parametrize("answer", [accept, decline])
def test_an_invitation_to_a_deleted_workspace_cannot_be_answered(app, shared, answer):
    invitation = invite(app, shared)
    app.delete_workspace(workspace_id=shared)

    refused(app, Conflict, "invitation_withdrawn", answer, app, invitation)


def test_a_declined_invitation_cannot_be_accepted(app, shared):
    invitation = invite(app, shared)
    decline(app, invitation)

    refused(app, Conflict, "invitation_declined", accept, app, invitation)


def test_an_accepted_invitation_can_be_neither_declined_nor_withdrawn(app, shared):
    invitation = join(app, shared)

    refused(app, Conflict, "invitation_taken", decline, app, invitation)
    refused(app, Conflict, "invitation_taken", app.withdraw_invitation, workspace_id=shared, invitation_id=invitation["id"])


def test_declining_and_withdrawing_twice_changes_nothing(app, shared):
    declined, withdrawn = invite(app, shared), invite(app, shared, email=BOBS_ADDRESS)
    for _ in range(2):
        decline(app, declined)
        app.withdraw_invitation(workspace_id=shared, invitation_id=withdrawn["id"])

    assert topics(app)[-2:] == ["workspaces.invitation.declined", "workspaces.invitation.withdrawn"]
    assert topics(app).count("workspaces.invitation.declined") == 1


def test_an_invitation_is_withdrawn_in_its_own_workspace_only(app, shared):
    invitation = invite(app, shared)
    other = app.create_workspace(account_id=GRACE, name="Other", now=NOON)["id"]

    refused(app, NotFound, "invitation_not_found", app.withdraw_invitation, workspace_id=other, invitation_id=invitation["id"])
    refused(app, NotFound, "invitation_not_found", app.withdraw_invitation, workspace_id=shared, invitation_id=shared)


def test_two_answers_at_the_same_moment_do_not_both_count(app, shared):
    id = invite(app, shared)["id"]
    first, second = app.load(Invitation, id), app.load(Invitation, id)
    first.accept(ADA, address_ids(app, ADAS_ADDRESS), 1, NOON, already_member=False)
    second.withdraw()
    app.save(first)

    with pytest.raises(IntegrityError):
        app.save(second)


def test_somebody_who_was_removed_comes_back_by_a_new_invitation_only(app, shared):
    used = join(app, shared)
    older = invite(app, shared, email="lovelace@example.org")
    app.remove_member(workspace_id=shared, account_id=ADA)

    refused(app, Conflict, "invitation_taken", accept, app, used)
    refused(app, Conflict, "invitation_withdrawn", accept, app, older, email="lovelace@example.org")
    renewed = invite(app, shared, email="lovelace@example.org")
    assert accept(app, renewed, email="lovelace@example.org")["role"] == "editor"


def test_the_links_of_others_survive_a_removal(app, shared):
    join(app, shared)
    bobs = invite(app, shared, email=BOBS_ADDRESS)

    app.remove_member(workspace_id=shared, account_id=ADA)

    assert accept(app, bobs, BOB, BOBS_ADDRESS)["role"] == "editor"


@pytest.mark.parametrize(
    "alter",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: "gi_" + ("A" if token[3] != "A" else "B") + token[4:],
        lambda token: token.removeprefix("gi_"),
        lambda token: token + "=",
        lambda token: token.replace(".", ""),
        lambda token: "gi_.",
        lambda token: "",
        lambda token: "gi_é\ud800\0",
        lambda token: token + "\ud800",
    ],
)
def test_an_altered_link_is_unknown(app, shared, alter):
    altered = alter(token(invite(app, shared)))

    refused(app, NotFound, "invitation_unknown", app.get_invitation, token=altered, now=NOON)
    refused(app, NotFound, "invitation_unknown", app.accept_invitation, token=altered, account_id=ADA, address_ids=[], now=NOON)


def test_a_link_of_another_installation_is_unknown(app, shared):
    foreign = Link(shared, invite(app, shared)["id"], 1).token(type(app.keys)("another secret key, long enough "))

    refused(app, NotFound, "invitation_unknown", app.get_invitation, token=foreign, now=NOON)


def test_a_link_to_what_was_never_sent_is_unknown(app, shared):
    made_up = Link(shared, NOBODY, 1).token(app.keys)

    refused(app, NotFound, "invitation_unknown", app.get_invitation, token=made_up, now=NOON)


def test_no_event_holds_a_link_or_an_address_in_clear(app, shared):
    invitation = invite(app, shared)

    stored = b"".join(each.state for each in app.recorder.select_notifications(1, 100)).decode()

    assert ADAS_ADDRESS not in stored
    assert token(invitation).rpartition(".")[2] not in stored


def test_a_letter_is_written_while_its_link_opens_something(app, shared):
    invitation = invite(app, shared)

    letter = app.letter(shared, invitation["id"], 1, NOON)

    assert (letter["email"], letter["workspace_name"], letter["link"]) == (ADAS_ADDRESS, "Vision", invitation["link"])


@pytest.mark.parametrize("reason", ["answered", "renewed", "expired", "deleted", "erased"])
def test_no_letter_is_written_about_an_invitation_that_opens_nothing(app, shared, reason):
    invitation, now = invite(app, shared), NOON
    if reason == "answered":
        decline(app, invitation)
    if reason == "renewed":
        app.withdraw_invitation(workspace_id=shared, invitation_id=invitation["id"])
        invite(app, shared)
    if reason == "expired":
        now = later(days=14)
    if reason == "deleted":
        app.delete_workspace(workspace_id=shared)
    if reason == "erased":
        app.forget(*app.load(Invitation, invitation["id"]).subjects())

    assert app.letter(shared, invitation["id"], 1, now) is None


def test_a_person_who_was_erased_can_be_invited_again(app, shared):
    invitation = app.load(Invitation, invite(app, shared)["id"])
    invitation.erase()
    app.save(invitation)
    app.forget(*invitation.subjects())
    assert app.load(Invitation, invitation.id).email.value is None

    renewed = invite(app, shared)

    assert renewed["email"] == ADAS_ADDRESS
    assert app.load(Invitation, invitation.id).email.value == ADAS_ADDRESS


def test_members_are_the_same_after_a_replay(app, shared):
    join(app, shared)
    join(app, shared, BOB, BOBS_ADDRESS, role="viewer")

    assert app.load(Workspace, shared).members == {str(GRACE): "admin", str(ADA): "editor", str(BOB): "viewer"}
