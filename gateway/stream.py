"""How this gateway hears events: what each of them drops, and when the stream cannot be believed."""

from typing import Any

from gateway.access import OF_VAULTS, Access, decisions_scope, member_scope, resource_scope, vaults_scope

# These change nothing anybody may do; every other event, also one this gateway does not know yet, drops what it names.
HARMLESS = frozenset({
    "identity.account.registered",
    "identity.account.profile_changed",
    "identity.account.picture_changed",
    "identity.account.preferences_changed",
    "identity.account.primary_changed",
    "identity.account.attempt_refused",
    "identity.email.added",
    "identity.email.verification_renewed",
    "identity.password.reset_requested",
    "identity.session.started",
    "identity.session.refused",
    "identity.device_authorization.begun",
    "identity.device_authorization.approved",
    "identity.device_authorization.denied",
    "identity.device_authorization.redeemed",
    "identity.token.created",
    "identity.key_pair.created",
    "identity.key_pair.labelled",
    "identity.credential.expiring",
    "identity.signing_keys.rotated",
    "identity.session.workspace_switched",
    "workspaces.workspace.created",
    "workspaces.workspace.renamed",
    "workspaces.workspace.slug_changed",
    "workspaces.workspace.limit_set",
    "workspaces.member.invited",
    "workspaces.invitation.withdrawn",
    "workspaces.invitation.declined",
    "workspaces.open_link.created",
    "workspaces.open_link.withdrawn",
    "workspaces.notice.acknowledged",
    "authz.group.created",
    "vault.configuration.read",
})  # fmt: skip
# More changes at once than this drop the decisions of the whole workspace.
_FEW = 100

# What an event may call the one credential it concerns.
CREDENTIALS = ("session_id", "token_id", "key_pair_id", "jwt_id")


class Stream:
    """Sees to it that a missed event is never an event unheard of."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._known: dict[str, int] = {}

    def connected(self) -> None:
        """The queue is new: whatever was published before has passed by unheard."""
        self._known.clear()
        self._access.deaf()

    def heartbeat(self, source: str, position: int) -> None:
        """``position``: the last event the source has published; that event comes before its heartbeat or not at all."""
        if position > self._known.get(source, -1):
            self._start_over(source, position)
        self._access.heard(source)

    def event(self, event: dict[str, Any]) -> None:
        source, position = event["source"].strip("/"), event["position"]
        if event["previous"] > self._known.get(source, -1):
            self._start_over(source, position)
        self._known[source] = max(position, self._known.get(source, 0))
        if source == "workspaces" and (workspace_id := event.get("workspaceid")):
            self._access.seen.note(workspace_id, position)
        self._drop(event)
        self._access.heard(source)

    def _start_over(self, source: str, position: int) -> None:
        """Events were missed: what they would have dropped is unknown, so everything goes."""
        self._known[source] = position
        if source not in OF_VAULTS:
            return
        self._access.drops.drop_all()
        if source == "workspaces":
            self._access.seen.note_all(position)

    def _drop(self, event: dict[str, Any]) -> None:
        kind, _, _ = event["type"].rpartition(".v")
        if kind in HARMLESS:
            return
        if kind.startswith("authz."):
            return self._drop_decisions(event)
        if kind.startswith("vault."):
            return self._drop_vaults(kind, event)
        # Events name the narrowest thing they concern: one credential, one member of a workspace, a workspace, an account.
        data, workspace_id = event.get("data") or {}, event.get("workspaceid")
        account_id, shown = data.get("account_id"), next((data[name] for name in CREDENTIALS if data.get(name)), None)
        if shown:
            self._access.drops.drop(shown)
        elif workspace_id and account_id:
            self._access.drops.drop(member_scope(workspace_id, account_id))
        elif scope := workspace_id or account_id:
            self._access.drops.drop(scope)

    def _drop_decisions(self, event: dict[str, Any]) -> None:
        workspace_id, data = event["workspaceid"], event.get("data") or {}
        changes = data.get("changes")
        if changes is None or len(changes) > _FEW or any(change["op"] in ("moved", "deleted") for change in changes):
            return self._access.drops.drop(decisions_scope(workspace_id))
        # Nothing lies in what is new, so nothing else can have changed.
        for change in changes:
            self._access.drops.drop(resource_scope(workspace_id, change["type"], change["id"]))

    def _drop_vaults(self, kind: str, event: dict[str, Any]) -> None:
        if kind.startswith("vault.configuration."):
            self._access.drops.drop(vaults_scope(event["workspaceid"]))
