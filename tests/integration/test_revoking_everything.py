"""What is asked for in the very instant of "revoke everything" does not survive it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.chassis import context, schema, usecase
from services.chassis.context import CallContext
from services.chassis.errors import InvalidInput, ServiceError, Unauthenticated
from services.chassis.settings import Settings
from services.identity.application import Identity
from services.identity.service import SPEC, IdentityService
from tests.builders.identity import ADA, OPERATOR, PASSWORD, SETTINGS, SETUP_TOKEN, verification_token

pytestmark = [pytest.mark.integration, pytest.mark.feature("I-15")]
VISION = UUID("00000000-0000-4000-8000-000000000001")
OTHER_PASSWORD = "another long enough passphrase"

Act = Callable[[], object]


class Interrupted(Identity):
    """Once, between having read the account and appending what is made for it, something else happens."""

    name = "identity"
    meanwhile: Act | None = None

    def _count_one(self, account_id: UUID, now: datetime) -> None:
        super()._count_one(account_id, now)
        if (act := self.meanwhile) is not None:
            self.meanwhile = None
            act()


class Caller:
    """Calls the service's methods as the gateway does for somebody who is signed in."""

    def __init__(self, app: Interrupted) -> None:
        self.app, self.service = app, IdentityService()
        self.service.app, self.service.clock = app, lambda: datetime.now(UTC)

    def __call__(self, method: str, by: str = "", **payload: Any) -> Any:
        with context.use(CallContext(credential_id=by, ip="192.0.2.1")):
            return usecase.run("identity", method, self.app, payload, getattr(self.service, method))["data"]

    def sign_in(self) -> str:
        return str(self("start_session", email=ADA["email"], password=PASSWORD)["session"]["id"])

    def works(self, token: str) -> bool:
        try:
            return bool(self("authenticate_token", digest=self.app.keys.digest("token", token)))
        except Unauthenticated:
            return False

    def pair_works(self, pair: dict[str, Any]) -> bool:
        digest = self.app.keys.digest("key-pair", pair["secret_key"])
        try:
            return bool(self("authenticate_key_pair", access_key=pair["access_key"], secret_digest=digest))
        except Unauthenticated:
            return False


@pytest.fixture
def call(database_url: str) -> Iterator[Caller]:
    secrets = {"secret_key": SETTINGS.secret_key, "setup_token": SETUP_TOKEN}
    app = Interrupted.connect(Settings(database_url=database_url, **secrets, pool_size=20, credentials_per_day=1_000_000))
    with app.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS identity CASCADE")
    schema.create(app.database, SPEC.tables)
    yield Caller(app)
    app.close()


@pytest.fixture
def own(call: Caller) -> dict[str, str]:
    call("register_account", **OPERATOR, setup_token=SETUP_TOKEN)
    account = call("register_account", **ADA)
    ids = {"id": UUID(account["id"]), "emails": [{"id": UUID(account["emails"][0]["id"])}]}
    call("verify_email", token=verification_token(call.app, ids))
    return {"account_id": account["id"]}


@pytest.fixture
def revoke_everything(call: Caller, own: dict[str, str]) -> Act:
    session = call.sign_in()
    words = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD, "revoke_credentials": True}
    return lambda: call("change_password", by=session, **own, session_id=session, **words)


@pytest.mark.parametrize("kind", ["named", "studio"])
def test_a_token_that_is_being_made_meanwhile_is_dead(call: Caller, own: dict[str, str], revoke_everything: Act, kind: str) -> None:
    call.app.meanwhile = revoke_everything
    made = call("create_token", **own, kind=kind)
    assert not call.works(made["token"])
    assert call("list_tokens", **own)["items"] == []
    with pytest.raises(Unauthenticated, match="credential_invalid"):
        call("credential", credential_id=made["id"])


def test_a_key_pair_that_is_being_made_meanwhile_is_dead(call: Caller, own: dict[str, str], revoke_everything: Act) -> None:
    call.app.meanwhile = revoke_everything
    made = call("create_key_pair", **own, workspace_id=str(VISION))
    assert not call.pair_works(made)
    assert call("list_key_pairs", **own, workspace_id=str(VISION))["items"] == []


def test_a_studio_token_that_died_while_it_was_made_is_in_nobodys_way(call: Caller, own: dict[str, str], revoke_everything: Act) -> None:
    call.app.meanwhile = revoke_everything
    call("create_token", **own, kind="studio")
    assert call.works(call("create_token", **own, kind="studio")["token"])


def test_what_comes_a_moment_later_with_a_session_that_has_ended_is_refused(
    call: Caller, own: dict[str, str], revoke_everything: Act
) -> None:
    """The gateway had let it in before."""
    stolen = call.sign_in()
    pair = call("create_key_pair", by=stolen, **own, workspace_id=str(VISION))
    device = call("start_device", client_name="DVC")
    revoke_everything()
    for by in (stolen, pair["id"]):
        for method, more in (
            ("create_token", {}),
            ("create_key_pair", {"workspace_id": str(VISION)}),
            ("answer_device", {"user_code": device["user_code"], "approve": True}),
        ):
            with pytest.raises(Unauthenticated, match="credential_invalid"):
                call(method, by=by, **own, **more)


def test_who_revoked_everything_goes_on_and_makes_others(call: Caller, own: dict[str, str], revoke_everything: Act) -> None:
    session = call.sign_in()
    call(
        "change_password",
        by=session,
        **own,
        session_id=session,
        current_password=PASSWORD,
        new_password=OTHER_PASSWORD,
        revoke_credentials=True,
    )
    assert call.works(call("create_token", by=session, **own)["token"])
    assert call.pair_works(call("create_key_pair", by=session, **own, workspace_id=str(VISION)))


def test_a_device_login_approved_before_gives_out_no_token(call: Caller, own: dict[str, str], revoke_everything: Act) -> None:
    device = call("start_device", client_name="DVC")
    approve = {"user_code": device["user_code"], "approve": True}
    maker = call.app._maker

    def interrupted(account_id: UUID) -> Any:
        found = maker(account_id)
        revoke_everything()
        return found

    call.app._maker = interrupted  # type: ignore[method-assign]
    call("answer_device", **own, **approve)
    with pytest.raises(InvalidInput, match="expired_token"):
        call("redeem_device", device_code=device["device_code"])


def test_of_many_that_are_made_at_once_none_survives(call: Caller, own: dict[str, str], revoke_everything: Act) -> None:
    """The real race: somebody else's session makes tokens and pairs as fast as it can while everything is revoked."""
    stolen = call.sign_in()
    tokens: list[str] = []
    pairs: list[dict[str, Any]] = []

    def make(_: int) -> None:
        try:
            for _ in range(500):
                tokens.append(call("create_token", by=stolen, **own)["token"])
                pairs.append(call("create_key_pair", by=stolen, **own, workspace_id=str(VISION)))
        except ServiceError as refusal:
            assert refusal.code == "credential_invalid"

    with ThreadPoolExecutor(5) as pool:
        makers = [pool.submit(make, number) for number in range(4)]
        pool.submit(revoke_everything).result()
        for each in makers:
            each.result()
    assert tokens
    assert pairs
    assert not any(call.works(token) for token in tokens)
    assert not any(call.pair_works(pair) for pair in pairs)


def test_what_was_made_before_there_were_epochs_works_until_it_is_revoked(
    call: Caller, own: dict[str, str], revoke_everything: Act
) -> None:
    made = call("create_token", **own)
    call.app.database.run("UPDATE tokens SET made_in = NULL")
    assert call.works(made["token"])
    revoke_everything()
    assert not call.works(made["token"])
