"""What workspaces do when they hear of accounts and of their own invitations."""

import email
from email import policy
from uuid import UUID, uuid4

import pytest

from services.chassis import schema
from services.chassis.publiclog import PublicLog
from services.chassis.settings import Settings
from services.chassis.sinks import ReactionSink
from services.workspaces.application import Workspaces
from services.workspaces.reactions import AccountReactions, Mails, VaultAlerts
from services.workspaces.service import SPEC
from tests.builders.public_events import events
from tests.builders.workspaces import ADA, ADAS_ADDRESS, NOON, SECRET, address_ids, invite, join, later, topics, vision

CREDENTIAL = UUID("00000000-0000-4000-8000-0000000000cc")

# Links are mailed while they work, and reactions look at the clock on the wall.
LONG = 36_500


@pytest.fixture
def app(database_url: str, tmp_path):
    app = Workspaces.connect(Settings(database_url=database_url, secret_key=SECRET, state=tmp_path, invitation_days=LONG))
    with app.db.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS workspaces CASCADE")
    schema.create(app.db, SPEC.tables)
    yield app
    app.close()


def hear(app, *said):
    """Of identity; twice, as the bus may tell it."""
    for _ in range(2):
        ReactionSink(AccountReactions(app), app.db).apply(
            events("identity", *said, subject=ADA, actor_id=str(ADA), correlation_id="sign-up")
        )
    assert app.db.all("SELECT * FROM parked_events") == []


def send_mails(app):
    """Of what the own log says."""
    ReactionSink(Mails(app), app.db).apply(PublicLog(app).after(0, 1000))
    return sorted((app.settings.state / "outbox").glob("*.eml"))


def test_whoever_signs_up_gets_a_personal_workspace(app):
    hear(app, ("identity.account.registered", {"account_id": ADA, "address_ids": []}))

    (mine,) = app.list_workspaces(ADA, NOON, limit=50, cursor=None)["items"]
    assert (mine["id"], mine["name"], mine["personal"], mine["role"]) == (app.personal_workspace(ADA), "Personal", True, "admin")


def test_whose_key_is_about_to_expire_is_told_once(app):
    said = {"account_id": str(ADA), "credential_id": str(CREDENTIAL), "expires_at": later(days=3).isoformat()}

    hear(app, ("identity.credential.expiring", said))

    (notice,) = app.list_notices(ADA, [], now=NOON, limit=50, cursor=None)["items"]
    assert (notice["kind"], notice["subject_id"], notice["expires_at"]) == ("credential_expiring", CREDENTIAL, later(days=3))
    assert (notice["workspace_id"], notice["token"]) == (None, None)


def test_what_a_reaction_does_names_its_cause(app):
    hear(app, ("identity.account.registered", {"account_id": ADA, "address_ids": []}))

    (made, *_) = PublicLog(app).after(0, 10)
    assert (made.actor_id, made.on_behalf_of, made.causation_id, made.correlation_id) == (
        "system:workspaces",
        str(ADA),
        "identity:2",
        "sign-up",
    )


def test_an_erased_account_is_forgotten_here(app):
    join(app, vision(app))
    erased = {"account_id": str(ADA), "address_ids": [str(id) for id in address_ids(app, ADAS_ADDRESS)]}

    hear(app, ("identity.account.registered", {"account_id": ADA, "address_ids": []}), ("identity.account.erased", erased))

    assert app.list_workspaces(ADA, NOON, limit=50, cursor=None)["items"] == []
    assert ADAS_ADDRESS not in str(app.db.all("SELECT * FROM invitations"))


def test_an_invited_address_gets_the_link(app):
    invitation = invite(app, vision(app))

    (path,) = send_mails(app)

    message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    assert message["To"] == ADAS_ADDRESS
    assert "Vision" in message["Subject"]
    assert invitation["link"] in message.get_body(("plain",)).get_content()


def test_a_mail_is_not_sent_about_a_link_that_opens_nothing(app):
    shared = vision(app)
    app.withdraw_invitation(workspace_id=shared, invitation_id=invite(app, shared)["id"])

    assert send_mails(app) == []


def test_each_round_has_its_own_mail(app):
    shared = vision(app)
    first = invite(app, shared)
    send_mails(app)
    app.withdraw_invitation(workspace_id=shared, invitation_id=first["id"])
    invite(app, shared)

    assert len(send_mails(app)) == 2
    assert topics(app)[-1] == "workspaces.member.reinvited"


def test_whoever_made_a_link_that_is_tried_again_is_told_once(app):
    link_id = uuid4()
    said = {"account_id": ADA, "link_id": link_id, "credential_id": uuid4()}
    sink = ReactionSink(VaultAlerts(app), app.db)
    for event in events("vault", *[("vault.secret_link.reopened", said)] * 2):
        sink.react(event)

    (notice,) = app.list_notices(ADA, [], now=NOON, limit=50, cursor=None)["items"]
    assert (notice["kind"], notice["subject_id"], notice["expires_at"]) == ("secret_link_reopened", link_id, None)
