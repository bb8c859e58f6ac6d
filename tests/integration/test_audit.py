"""The journal: every public event of every service, in the order in which things happened."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from marshmallow import ValidationError

from services.audit.application import Audit
from services.audit.projections import Journal
from services.audit.schemas import ListEntries
from services.audit.service import SPEC, AuditService
from services.audit.views import journal
from services.chassis import schema
from services.chassis.errors import InvalidInput
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from services.chassis.views import sealed
from tests.builders.public_events import NOON, events

VISION = UUID("00000000-0000-4000-8000-000000000001")
GRACE = UUID("00000000-0000-4000-8000-00000000000a")
ADA = UUID("00000000-0000-4000-8000-00000000000b")

IDENTITY = events(
    "identity",
    ("identity.account.registered", {"account_id": ADA, "address_ids": []}),
    ("identity.session.started", {"account_id": ADA}),
    subject=ADA,
    ip="192.0.2.1",
    correlation_id="sign-up",
)
WORKSPACES = events(
    "workspaces",
    ("workspaces.workspace.created", {"name": "Vision"}),
    ("workspaces.member.joined", {"account_id": GRACE, "role": "admin"}),
    ("workspaces.member.joined", {"account_id": ADA, "role": "editor"}),
    ("workspaces.member.removed", {"account_id": ADA}),
    workspace_id=VISION,
    subject=VISION,
    actor_id=str(GRACE),
    credential_id="session",
    on_behalf_of="",
    ip="192.0.2.7",
    user_agent="curl",
    correlation_id="request",
    causation_id="identity:2",
)
SPEECH = UUID("00000000-0000-4000-8000-000000000002")
MANY = events("vault", *[("vault.secret.used", {"use": "view"})] * 7, workspace_id=SPEECH)
TYPES = [event.type for event in WORKSPACES]


class _Logs:
    def events_after(self, source, position, limit):
        log = {"identity": IDENTITY, "workspaces": WORKSPACES}.get(source, [])
        return [event for event in log if event.position > position][:limit]


@pytest.fixture
def app(settings: Settings):
    """Has heard everything, each source at its own pace."""
    app = Audit.connect(settings)
    with app.db.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS audit CASCADE")
    schema.create(app.db, SPEC.tables)
    sink = ProjectionSink(Journal(), app.db)
    sink.apply(WORKSPACES[:1])
    sink.apply(IDENTITY)
    sink.apply(WORKSPACES)
    yield app
    app.close()


def entries(app, **query):
    service = AuditService()
    service.app, service.clock = app, lambda: NOON
    return service.list_entries(query)


def types(app, **query):
    return [entry["type"] for entry in entries(app, **query)["items"]]


def test_an_entry_says_who_did_what_when_and_from_where(app):
    entry = entries(app, workspace_id=str(VISION))["items"][2]

    assert entry == {
        "id": "workspaces:6",
        "source": "workspaces",
        "position": 6,
        "time": "2026-11-20T12:00:03+00:00",
        "type": "workspaces.member.joined",
        "subject": str(VISION),
        "workspace_id": str(VISION),
        "actor": str(GRACE),
        "on_behalf_of": None,
        "credential_id": "session",
        "operator": False,
        "ip": "192.0.2.7",
        "user_agent": "curl",
        "correlation_id": "request",
        "causation_id": "identity:2",
        "claimed_request_id": None,
        "claimed_actor": None,
        "changes": {"account_id": str(ADA), "role": "editor"},
        "before": {},
        "before_ids": {},
        "masked": [],
        # Of an entry that was written once: it must come out the same for ever.
        "hash": "b6cb3f666fc7a88c284eb9870b3164dd447f55f7d7a3bbbe7ba7476b59edc5f9",
    }


def test_a_workspace_has_its_own_entries_in_order(app):
    assert types(app, workspace_id=str(VISION)) == TYPES


def test_an_account_has_what_it_did_and_what_was_done_to_it_from_every_service(app):
    assert types(app, account_id=str(ADA)) == [
        "identity.account.registered",
        "identity.session.started",
        "workspaces.member.joined",
        "workspaces.member.removed",
    ]
    assert types(app, account_id=str(GRACE)) == TYPES


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"type": "workspaces.member.joined"}, TYPES[1:3]),
        ({"type": "workspaces.member.*"}, TYPES[1:]),
        ({"type": "workspaces.mem*"}, TYPES[1:]),
        ({"type": "*"}, TYPES),
        ({"type": "workspaces.member"}, []),
        ({"correlation": "request"}, TYPES),
        ({"correlation": "sign-up"}, []),
        ({"q": "vision"}, TYPES[:1]),
        ({"q": "VISION created"}, TYPES[:1]),
        ({"q": "vis"}, []),
        ({"q": "removed 192.0.2.7"}, TYPES[3:]),
        ({"q": str(GRACE)}, TYPES[1:2]),
        ({"operator": True}, []),
        ({"order": "newest"}, TYPES[::-1]),
        ({"order": "newest", "type": "workspaces.member.joined", "q": "editor"}, TYPES[2:3]),
        ({"actor": str(GRACE)}, TYPES),
        ({"actor": str(ADA)}, []),
        ({"subject": str(VISION)}, TYPES),
        ({"subject": str(ADA)}, []),
        ({"from": "2026-11-20T12:00:02Z"}, TYPES[1:]),
        ({"to": "2026-11-20T12:00:02Z"}, TYPES[:1]),
        ({"from": "2026-11-20T13:00:02+01:00", "to": "2026-11-20T12:00:03Z"}, TYPES[1:2]),
    ],
    ids=str,
)
def test_entries_are_found_by_what_is_known_of_them(app, query, found):
    assert types(app, workspace_id=str(VISION), **query) == found


def test_pages_follow_one_another_without_a_gap_or_a_repeat(app):
    seen, cursor = [], None
    while True:
        page = entries(app, account_id=str(ADA), limit=1, cursor=cursor)
        seen += [entry["id"] for entry in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert seen == ["identity:2", "identity:4", "workspaces:6", "workspaces:8"]


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_pages_go_from_month_to_month_also_when_time_is_up_in_each(app, monkeypatch, order):
    months = [replace(event, time=NOON + timedelta(days=31 * number)) for number, event in enumerate(MANY)]
    sink = ProjectionSink(Journal(), app.db)
    sink.apply(months)
    monkeypatch.setattr("services.audit.search.PATIENCE", -1.0)
    seen, pages, cursor = [], 0, None
    while True:
        page = entries(app, workspace_id=str(SPEECH), order=order, limit=5, cursor=cursor)
        seen, pages = seen + [entry["position"] for entry in page["items"]], pages + 1
        if (cursor := page["next_cursor"]) is None:
            break

    expected = [event.position for event in MANY]
    assert seen == (expected if order == "oldest" else expected[::-1])
    assert pages > 2
    assert len(journal_parts(app)) == len(MANY)


def journal_parts(app):
    with app.db.connection() as connection:
        return journal.parts(connection)


def test_an_entry_says_what_its_fields_said_before_and_where_that_stands(app):
    history = events(
        "authz",
        ("authz.rule.changed", {"rule_id": "r", "permission": "read", "users": ["a"], "change": "created"}),
        ("authz.rule.changed", {"rule_id": "r", "permission": "modify", "users": ["a"], "change": "changed"}),
        ("authz.rule.deleted", {"rule_id": "r"}),
        subject="r",
        workspace_id=SPEECH,
    )
    ProjectionSink(Journal(), app.db).apply(history)

    created, changed, deleted = entries(app, workspace_id=str(SPEECH))["items"]
    assert created["before"] == {}
    assert (changed["before"], changed["before_ids"]) == ({"permission": "read"}, {"permission": "authz:2"})
    assert deleted["before"] == {"permission": "modify", "users": ["a"]}


def test_what_one_account_is_to_a_workspace_is_a_thing_of_its_own_and_ends_with_it(app):
    said = [
        ("workspaces.workspace.created", {"name": "Speech", "slug": "speech", "personal": False}),
        ("workspaces.member.joined", {"account_id": ADA, "role": "editor"}),
        ("workspaces.member.joined", {"account_id": GRACE, "role": "viewer"}),
        ("workspaces.workspace.renamed", {"name": "Voice"}),
        ("workspaces.member.role_changed", {"account_id": ADA, "role": "admin"}),
        ("workspaces.member.left", {"account_id": ADA}),
        ("workspaces.member.joined", {"account_id": ADA, "role": "viewer"}),
    ]
    later = events("workspaces", *[("x.y.z", {})] * len(WORKSPACES), *said, subject=SPEECH, workspace_id=SPEECH)
    ProjectionSink(Journal(), app.db).apply(later[len(WORKSPACES) :])

    found = [entry["before"] for entry in entries(app, workspace_id=str(SPEECH))["items"]]
    assert found == [{}, {}, {}, {"name": "Speech"}, {"role": "editor"}, {"role": "admin"}, {}]


def test_what_is_secret_or_personal_is_named_and_not_told(app):
    later = events(
        "identity",
        *[("x.y.z", {})] * len(IDENTITY),
        ("identity.account.profile_changed", {"account_id": ADA, "field": "first_name"}),
        ("identity.password.changed", {"account_id": ADA, "reset": False, "kept_session_id": None, "credentials_revoked": False}),
        subject=ADA,
    )
    ProjectionSink(Journal(), app.db).apply(later[len(IDENTITY) :])

    found = entries(app, account_id=str(ADA), type="identity.*", order="newest", limit=2)["items"]
    assert [entry["masked"] for entry in found] == [["password"], ["first_name"]]


def test_what_an_operator_did_and_what_a_client_claims_is_told_and_hashed(app):
    said = events(
        "authz",
        ("authz.group.deleted", {"group_id": "g"}),
        workspace_id=SPEECH,
        operator="true",
        claimed_request_id="theirs",
        claimed_actor="root",
        correlation_id="ours",
    )
    ProjectionSink(Journal(), app.db).apply(said)

    [entry] = entries(app, everything=True, operator=True)["items"]
    assert (entry["operator"], entry["claimed_request_id"], entry["claimed_actor"]) == (True, "theirs", "root")
    assert (entry["correlation_id"], entry["actor"]) == ("ours", None)
    assert entries(app, everything=True, correlation="theirs")["items"] == []
    [line] = [line for line in app.export(None, 10)["lines"] if '"authz"' in line]
    assert '"claimed_actor":"root","claimed_request_id":"theirs"' in line
    assert '"operator":true' in line


def stored(app):
    return [app.db.all(f"SELECT * FROM {table.name} ORDER BY {', '.join(table.key)}") for table in Journal.tables]


def test_a_rebuilt_journal_equals_the_live_one_row_for_row_hashes_included(app):
    live = stored(app)
    assert [len(rows) for rows in live] == [6, 0, 2, 2, 0]

    Rebuild(app, Journal, _Logs()).run()

    assert stored(app) == live


@pytest.mark.parametrize(
    "cursor", ["x", sealed(["now", "a", "1"]), sealed(["2026-01-01T00:00:00", "a", "1"]), sealed(["2026-01-01T00:00:00Z", "a", "x"])]
)
def test_a_cursor_that_is_not_ours_is_refused(app, cursor):
    with pytest.raises(InvalidInput, match="cursor_invalid"):
        entries(app, workspace_id=str(VISION), cursor=cursor)


@pytest.mark.parametrize(
    "wrong",
    [
        {"workspace_id": None},
        {"workspace_id": "vision"},
        {"from": "yesterday"},
        {"from": "2026-11-20T12:00:00"},
        {"limit": 0},
        {"limit": 201},
        {"actor": "\0"},
        {"q": "!?"},
        {"order": "random"},
        {"surprise": 1},
    ],
    ids=str,
)
def test_a_search_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        ListEntries().load({"workspace_id": str(VISION)} | wrong)
