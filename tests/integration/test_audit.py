"""The journal: every public event of every service, in the order in which things happened."""

from uuid import UUID

import pytest
from marshmallow import ValidationError

from services.audit.application import Audit
from services.audit.projections import Journal
from services.audit.schemas import ListEntries
from services.audit.service import SPEC, AuditService
from services.chassis import schema
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.chassis.sinks import ProjectionSink
from tests.builders.public_events import events

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
    service.app = app
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
        "ip": "192.0.2.7",
        "user_agent": "curl",
        "correlation_id": "request",
        "causation_id": "identity:2",
        "changes": {"account_id": str(ADA), "role": "editor"},
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


def stored(app):
    return [app.db.all(f"SELECT * FROM {table.name} ORDER BY {', '.join(table.key)}") for table in Journal.tables]


def test_a_rebuilt_journal_equals_the_live_one_row_for_row_hashes_included(app):
    live = stored(app)
    assert [len(rows) for rows in live] == [6, 2, 2, 0]

    Rebuild(app, Journal, _Logs()).run()

    assert stored(app) == live


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
        {"surprise": 1},
    ],
    ids=str,
)
def test_a_search_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        ListEntries().load({"workspace_id": str(VISION)} | wrong)
