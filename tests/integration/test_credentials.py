"""Tokens and key pairs over identity's own database: what authenticates, and what does no longer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.chassis import schema, usecase
from services.chassis.errors import Conflict, InvalidInput, Unauthenticated
from services.chassis.rebuild import Rebuild
from services.chassis.settings import Settings
from services.identity.application import Identity
from services.identity.credential_projections import ApprovalsProjection, KeyPairsProjection, TokensProjection
from services.identity.credential_reactions import MembershipReactions
from services.identity.service import SPEC, IdentityService
from tests.builders.identity import ADA, NOON, OPERATOR, PASSWORD, SETTINGS, SETUP_TOKEN, verification_token
from tests.builders.public_events import events

pytestmark = pytest.mark.integration
VISION, OTHER = UUID("00000000-0000-4000-8000-000000000001"), UUID("00000000-0000-4000-8000-000000000002")


class Caller:
    """Calls the service's methods as RPC does."""

    def __init__(self, app: Identity) -> None:
        self.app, self.now = app, NOON
        self.service = IdentityService()
        self.service.app, self.service.clock = app, self.clock

    def clock(self) -> datetime:
        return self.now

    def __call__(self, method: str, **payload: Any) -> Any:
        return usecase.run("identity", method, self.app, payload, getattr(self.service, method))["data"]

    def by_token(self, token: str) -> Any:
        return self("authenticate_token", digest=self.app.keys.digest("token", token))

    def by_pair(self, pair: dict[str, Any]) -> Any:
        digest = self.app.keys.digest("key-pair", pair["secret_key"])
        return self("authenticate_key_pair", access_key=pair["access_key"], secret_digest=digest)


@pytest.fixture
def app(database_url: str) -> Iterator[Identity]:
    settings = Settings(database_url=database_url, secret_key=SETTINGS.secret_key, setup_token=SETUP_TOKEN)
    found = Identity.connect(settings)
    with found.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS identity CASCADE")
    schema.create(found.database, SPEC.tables)
    yield found
    found.close()


@pytest.fixture
def call(app: Identity) -> Caller:
    return Caller(app)


@pytest.fixture
def ada(call: Caller) -> dict[str, Any]:
    call("register_account", **OPERATOR, setup_token=SETUP_TOKEN)
    account = call("register_account", **ADA)
    ids = {"id": UUID(account["id"]), "emails": [{"id": UUID(account["emails"][0]["id"])}]}
    call("verify_email", token=verification_token(call.app, ids))
    return account


@pytest.fixture
def own(ada: dict[str, Any]) -> dict[str, str]:
    return {"account_id": ada["id"]}


@pytest.mark.feature("C-01")
def test_a_token_says_whose_it_is_and_what_it_is_good_for(call: Caller, ada: dict[str, Any], own: dict[str, str]) -> None:
    made = call("create_token", **own, name="ci", scopes=["experiments"], workspace_ids=[str(VISION)])
    assert call.by_token(made["token"]) == {
        "account_id": ada["id"],
        "credential_id": made["id"],
        "kind": "named",
        "scopes": ["experiments"],
        "workspace_ids": [str(VISION)],
        "address_ids": [ada["emails"][0]["id"]],
        "operator": False,
        "expires_at": None,
    }
    assert call("credential", credential_id=made["id"]) == call.by_token(made["token"])


@pytest.mark.feature("C-02")
def test_of_a_regenerated_token_only_the_new_secret_authenticates(call: Caller, own: dict[str, str]) -> None:
    former = call("create_token", **own, kind="studio")
    new = call("regenerate_token", **own, token_id=former["id"])
    assert call.by_token(new["token"])["credential_id"] == former["id"]
    with pytest.raises(Unauthenticated, match="credential_invalid"):
        call.by_token(former["token"])


@pytest.mark.feature("C-03")
def test_a_revoked_token_authenticates_nobody_and_is_no_longer_listed(call: Caller, own: dict[str, str]) -> None:
    kept, gone = (call("create_token", **own, name=name) for name in ("kept", "gone"))
    call("revoke_token", **own, token_id=gone["id"])
    for query in (lambda: call.by_token(gone["token"]), lambda: call("credential", credential_id=gone["id"])):
        with pytest.raises(Unauthenticated, match="credential_invalid"):
            query()
    listed = call("list_tokens", **own)["items"]
    assert [token["name"] for token in listed] == ["kept"]
    assert "token" not in listed[0]
    assert call.by_token(kept["token"])["credential_id"] == kept["id"]


def test_an_expired_token_or_pair_authenticates_nobody(call: Caller, own: dict[str, str]) -> None:
    soon = (NOON + timedelta(hours=1)).isoformat()
    token = call("create_token", **own, expires_at=soon)
    pair = call("create_key_pair", **own, workspace_id=str(VISION), expires_at=soon)
    call.by_token(token["token"]), call.by_pair(pair)
    call.now += timedelta(hours=1)
    for query in (lambda: call.by_token(token["token"]), lambda: call.by_pair(pair), lambda: call("credential", credential_id=pair["id"])):
        with pytest.raises(Unauthenticated, match="credential_invalid"):
            query()


@pytest.mark.feature("C-05", "C-08")
def test_a_pair_authenticates_with_its_own_secret_only(call: Caller, ada: dict[str, Any], own: dict[str, str]) -> None:
    pair, other = (call("create_key_pair", **own, workspace_id=str(VISION), label=label) for label in ("one", "two"))
    assert call.by_pair(pair) == {
        "account_id": ada["id"],
        "credential_id": pair["id"],
        "workspace_id": str(VISION),
        "address_ids": [ada["emails"][0]["id"]],
        "expires_at": None,
    }
    for wrong in ({**pair, "secret_key": other["secret_key"]}, {**pair, "secret_key": ""}, {**pair, "access_key": "A" * 30}):
        with pytest.raises(Unauthenticated, match="credential_invalid"):
            call.by_pair(wrong)
    listed = call("list_key_pairs", **own, workspace_id=str(VISION))["items"]
    assert [item["label"] for item in listed] == ["one", "two"]
    assert not any("secret_key" in item for item in listed)


def test_members_see_their_own_pairs_and_administrators_all(call: Caller, own: dict[str, str]) -> None:
    call("create_key_pair", **own, workspace_id=str(VISION))
    somebody = {"account_id": str(uuid4()), "workspace_id": str(VISION)}
    assert call("list_key_pairs", **somebody)["items"] == []
    assert len(call("list_key_pairs", **somebody, everybody=True)["items"]) == 1
    assert call("list_key_pairs", **own, workspace_id=str(OTHER), everybody=True)["items"] == []


@pytest.mark.feature("C-10")
def test_a_revoked_pair_authenticates_nobody(call: Caller, own: dict[str, str]) -> None:
    pair = call("create_key_pair", **own, workspace_id=str(VISION))
    call("revoke_key_pair", **own, workspace_id=str(VISION), access_key=pair["access_key"])
    for query in (lambda: call.by_pair(pair), lambda: call("credential", credential_id=pair["id"])):
        with pytest.raises(Unauthenticated, match="credential_invalid"):
            query()


@pytest.mark.feature("W-10", "W-11")
@pytest.mark.parametrize("how", ["workspaces.member.left", "workspaces.member.removed", "workspaces.workspace.deleted"])
def test_the_end_of_a_membership_ends_the_pairs_of_that_workspace_and_no_others(
    call: Caller, ada: dict[str, Any], own: dict[str, str], how: str
) -> None:
    lost, kept = (call("create_key_pair", **own, workspace_id=str(workspace)) for workspace in (VISION, OTHER))
    [left] = events("workspaces", (how, {"account_id": ada["id"]}), workspace_id=VISION)
    _hear(call, left, minutes=1)
    with pytest.raises(Unauthenticated, match="credential_invalid"):
        call.by_pair(lost)
    assert call.by_pair(kept)["credential_id"] == kept["id"]


def test_who_came_back_keeps_the_pairs_made_since(call: Caller, ada: dict[str, Any], own: dict[str, str]) -> None:
    [left] = events("workspaces", ("workspaces.member.left", {"account_id": ada["id"]}), workspace_id=VISION)
    pair = call("create_key_pair", **own, workspace_id=str(VISION))
    _hear(call, left, minutes=-1)
    assert call.by_pair(pair)["credential_id"] == pair["id"]


@pytest.mark.feature("I-16")
def test_with_an_account_its_tokens_and_pairs_end_at_once(call: Caller, own: dict[str, str]) -> None:
    token, pair = call("create_token", **own, name="Lovelace"), call("create_key_pair", **own, workspace_id=str(VISION), label="Lovelace")
    use = {"at": NOON.isoformat(), "ip": "192.0.2.1", "user_agent": "dvc"}
    call("note_uses", uses=[{"credential_id": made["id"], **use} for made in (token, pair)])
    assert len(call.app.database.all("SELECT * FROM credential_uses")) == 2
    call("erase_account", **own, password=PASSWORD, confirm="ada")
    for query in (lambda: call.by_token(token["token"]), lambda: call.by_pair(pair), lambda: call("credential", credential_id=pair["id"])):
        with pytest.raises(Unauthenticated, match="credential_invalid"):
            query()
    for table in ("credential_uses", "tokens", "key_pairs"):
        assert call.app.database.all(f"SELECT * FROM {table}") == []


@pytest.mark.feature("I-15")
def test_everything_of_an_account_can_be_revoked_in_one_step(call: Caller, ada: dict[str, Any], own: dict[str, str]) -> None:
    token, pair = call("create_token", **own), call("create_key_pair", **own, workspace_id=str(VISION))
    device = call("start_device", client_name="DVC")
    call("answer_device", **own, user_code=device["user_code"], approve=True)
    call.app.save(*call.app.revocable(UUID(ada["id"])))
    for query in (lambda: call.by_token(token["token"]), lambda: call.by_pair(pair)):
        with pytest.raises(Unauthenticated, match="credential_invalid"):
            query()
    with pytest.raises(InvalidInput, match="expired_token"):
        call("redeem_device", device_code=device["device_code"])


def test_a_use_of_what_does_not_exist_is_not_written_down(call: Caller, own: dict[str, str]) -> None:
    use = {"at": NOON.isoformat(), "ip": "192.0.2.1", "user_agent": "dvc", "credential_id": str(uuid4())}
    call("note_uses", uses=[use])
    assert call.app.database.all("SELECT * FROM credential_uses") == []


def test_the_last_use_is_written_down_once_in_an_interval(call: Caller, own: dict[str, str]) -> None:
    token = call("create_token", **own)
    for minutes, ip in ((0, "192.0.2.1"), (4, "192.0.2.2"), (5, "192.0.2.3"), (1, "192.0.2.4")):
        use = {"credential_id": token["id"], "at": (NOON + timedelta(minutes=minutes)).isoformat(), "ip": ip, "user_agent": "dvc"}
        call("note_uses", uses=[use])
    [listed] = call("list_tokens", **own)["items"]
    assert (datetime.fromisoformat(listed["last_used_at"]), listed["last_used_ip"]) == (NOON + timedelta(minutes=5), "192.0.2.3")


def _hear(call: Caller, event: Any, minutes: int) -> None:
    """As if it had happened so many minutes from now."""
    object.__setattr__(event, "time", datetime.now(NOON.tzinfo) + timedelta(minutes=minutes))
    MembershipReactions(call.app).react(event)


def test_of_two_that_fetch_at_once_one_gets_the_token(call: Caller, own: dict[str, str]) -> None:
    device = call("start_device", client_name="DVC")
    call("answer_device", **own, user_code=device["user_code"], approve=True)

    def fetch(_: int) -> str:
        try:
            return str(call("redeem_device", device_code=device["device_code"])["token"])
        except InvalidInput as refusal:
            return refusal.code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(fetch, range(8)))
    assert answers.count("expired_token") == 7
    assert len(call("list_tokens", **own)["items"]) == 1


def test_of_two_studio_tokens_made_at_once_one_exists(call: Caller, own: dict[str, str]) -> None:
    def create(_: int) -> str:
        try:
            return str(call("create_token", **own, kind="studio")["id"])
        except Conflict as refusal:
            return refusal.code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(8)))
    assert answers.count("studio_token_exists") == 7


def test_two_processes_that_need_the_first_signing_key_make_one(call: Caller, own: dict[str, str]) -> None:
    pair = call("create_key_pair", **own, workspace_id=str(VISION))
    named = {**own, "credential_id": pair["id"], "workspace_id": str(VISION)}
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: call("issue_jwt", **named)["token"], range(8)))
    assert len({token.partition(".")[0] for token in tokens}) == 1
    [key] = call("jwks")["keys"]
    call.app.rotate_signing_key(NOON)
    assert key["kid"] in [known["kid"] for known in call("jwks")["keys"]]
    call.now += timedelta(hours=call.app.settings.jwt_longest_hours)
    assert key["kid"] not in [known["kid"] for known in call("jwks")["keys"]]


def test_the_views_come_out_the_same_when_they_are_rebuilt(call: Caller, own: dict[str, str]) -> None:
    token, gone = call("create_token", **own, name="one"), call("create_token", **own)
    call("regenerate_token", **own, token_id=token["id"])
    call("revoke_token", **own, token_id=gone["id"])
    call("create_key_pair", **own, workspace_id=str(VISION), label="two")
    device = call("start_device", client_name="DVC")
    call("answer_device", **own, user_code=device["user_code"], approve=True)

    def rows() -> list[Any]:
        return [call.app.database.all(f"SELECT * FROM {table} ORDER BY 1") for table in ("tokens", "key_pairs", "device_approvals")]

    before = rows()
    for projection in (TokensProjection, KeyPairsProjection, ApprovalsProjection):
        Rebuild(call.app, projection, None).run()
    assert rows() == before
