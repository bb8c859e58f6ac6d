"""What workspaces do when they hear of accounts, of alerts, and of their own invitations."""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from services.chassis.errors import NotFound
from services.chassis.mail import Mailer
from services.chassis.projections import on
from services.chassis.public import PublicEvent
from services.chassis.reactions import Reaction
from services.workspaces.application import Workspaces

_TEXT = """Hello,

you are invited to join the workspace "{workspace_name}" as {role}.

Open this link, signed in with the address this mail was sent to:

{link}

It works until {expires_at:%d %B %Y, %H:%M} UTC. If you have no account yet, sign up with this address first.
Whoever does not want to join need not do anything.
"""


class AccountReactions(Reaction):
    name = "accounts"
    sources = ("identity",)
    app: Workspaces

    @on("identity.account.registered")
    def open_personal_workspace(self, event: PublicEvent) -> None:
        self.app.create_personal_workspace(UUID(event.data["account_id"]), datetime.now(UTC))

    @on("identity.credential.expiring")
    def remind_of_credential(self, event: PublicEvent) -> None:
        said = event.data
        self.app.remind(
            UUID(said["account_id"]),
            "credential_expiring",
            UUID(said["credential_id"]),
            UUID(event.workspace_id) if event.workspace_id else None,
            datetime.fromisoformat(said["expires_at"]),
        )

    @on("identity.account.erased")
    def forget_account(self, event: PublicEvent) -> None:
        # Whoever erases an account asks for ``sole_admin_of`` before; who else has gone since then, the workspace makes up for.
        address_ids = [UUID(address_id) for address_id in event.data["address_ids"]]
        self.app.forget_account(UUID(event.data["account_id"]), address_ids, datetime.now(UTC))


class Plans(Reaction):
    """What the plan of a workspace gives. A workspace that is gone needs no limit."""

    name = "plans"
    sources = ("billing",)
    app: Workspaces

    @on("billing.limits.changed")
    def limit_members(self, event: PublicEvent) -> None:
        with suppress(NotFound):
            self.app.set_member_limit(UUID(event.workspace_id), event.data["members"] or 0, datetime.now(UTC))

    @on("billing.limit.reached")
    def begin_nothing_new(self, event: PublicEvent) -> None:
        said, until = event.data, event.data["until"]
        with suppress(NotFound):
            end = datetime.fromisoformat(until) if until else None
            self.app.reach_limit(UUID(event.workspace_id), said["metric"], said["limit"], end)

    @on("billing.limit.lifted")
    def go_on(self, event: PublicEvent) -> None:
        with suppress(NotFound):
            self.app.lift_limit(UUID(event.workspace_id), event.data["metric"])


class VaultAlerts(Reaction):
    name = "vault_alerts"
    sources = ("vault",)
    app: Workspaces

    @on("vault.secret_link.reopened")
    def tell_of_second_opening(self, event: PublicEvent) -> None:
        """Whoever made the link: it is they who know whom it was meant for. Told once, however often it is tried."""
        maker, link_id = UUID(event.data["account_id"]), UUID(event.data["link_id"])
        self.app.remind(maker, "secret_link_reopened", link_id, UUID(event.workspace_id) if event.workspace_id else None, None)


class Mails(Reaction):
    """Apart from the other reactions, so that a mail server that is away holds up mails only."""

    name = "mails"
    sources = ("workspaces",)

    def __init__(self, app: Workspaces) -> None:
        super().__init__(app)
        self._mailer = Mailer(app.settings)

    @on("workspaces.member.invited")
    def send_link(self, event: PublicEvent) -> None:
        # Renewed, answered or erased meanwhile: a link that opens nothing is not sent.
        invitation_id, round = UUID(event.data["invitation_id"]), event.data["round"]
        letter = self.app.letter(UUID(event.workspace_id), invitation_id, round, datetime.now(UTC))
        if letter is not None:
            self._mailer.send(
                f"invitation-{event.id}", letter["email"], f"Join {letter['workspace_name']} on Gatehouse", _TEXT.format(**letter)
            )
