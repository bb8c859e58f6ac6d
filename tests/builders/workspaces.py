"""Named, deterministic examples of the commands of workspaces, and the application that takes them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.chassis.settings import Settings
from services.workspaces.application import Workspaces

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = "0123456789abcdef0123456789abcdef"

GRACE = UUID("00000000-0000-4000-8000-00000000000a")
ADA = UUID("00000000-0000-4000-8000-00000000000b")
BOB = UUID("00000000-0000-4000-8000-00000000000c")
NOBODY = UUID("00000000-0000-4000-8000-00000000000f")

ADAS_ADDRESS = "ada@example.org"
BOBS_ADDRESS = "bob@example.org"


def later(**span: int) -> datetime:
    return NOON + timedelta(**span)


def workspaces(**settings: Any) -> Workspaces:
    """Fresh, without any workspace."""
    return Workspaces.in_memory(Settings(secret_key=SECRET, **settings))


def address_ids(app: Workspaces, *addresses: str) -> list[UUID]:
    """As identity tells them of an account whose addresses these are."""
    return [app.keys.blind_id("email", address) for address in addresses]


def vision(app: Workspaces, owner: UUID = GRACE) -> UUID:
    """A shared workspace of Grace's."""
    workspace_id: UUID = app.create_workspace(account_id=owner, name="Vision", now=NOON)["id"]
    return workspace_id


def invite(app: Workspaces, workspace_id: UUID, email: str = ADAS_ADDRESS, role: str = "editor", now: datetime = NOON) -> dict[str, Any]:
    return app.invite(workspace_id=workspace_id, email=email, role=role, invited_by=GRACE, now=now)


def token(invitation: dict[str, Any]) -> str:
    """As the mail has it."""
    return str(invitation["link"]).rpartition("/")[2]


def accept(
    app: Workspaces, invitation: dict[str, Any], account_id: UUID = ADA, email: str = ADAS_ADDRESS, now: datetime = NOON
) -> dict[str, Any]:
    return app.accept_invitation(token=token(invitation), account_id=account_id, address_ids=address_ids(app, email), now=now)


def decline(app: Workspaces, invitation: dict[str, Any], account_id: UUID = ADA, email: str = ADAS_ADDRESS, now: datetime = NOON) -> None:
    app.decline_invitation(token=token(invitation), account_id=account_id, address_ids=address_ids(app, email), now=now)


def join(app: Workspaces, workspace_id: UUID, account_id: UUID = ADA, email: str = ADAS_ADDRESS, role: str = "editor") -> dict[str, Any]:
    """Invited, and has accepted; returns the invitation."""
    invitation = invite(app, workspace_id, email, role)
    accept(app, invitation, account_id, email)
    return invitation


def open_link(app: Workspaces, workspace_id: UUID, role: str = "editor", now: datetime = NOON, **terms: Any) -> dict[str, Any]:
    return app.open_link(workspace_id=workspace_id, role=role, invited_by=GRACE, now=now, **terms)


def enter(app: Workspaces, link: dict[str, Any], account_id: UUID = ADA, now: datetime = NOON) -> dict[str, Any]:
    """By an open link, whatever addresses the account has."""
    return app.accept_invitation(token=token(link), account_id=account_id, address_ids=[], now=now)


def log(app: Workspaces) -> list[Any]:
    """Every event in the log."""
    return [app.mapper.to_domain_event(each) for each in app.recorder.select_notifications(1, 10_000)]


def topics(app: Workspaces, after: int = 0) -> list[str]:
    """Topics of the events in the log, those of its first ``after`` left out."""
    return [event.TOPIC for event in log(app)[after:]]
