"""Device logins: asked for on one device, answered by a person, fetched once."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.chassis import context, tokens
from services.chassis.context import CallContext
from services.chassis.errors import Conflict, InvalidInput, LimitExceeded, NotFound
from services.identity.application import Identity
from services.identity.domain import AccessToken
from tests.builders.identity import NOON, founded, log, register_verified, topics

pytestmark = pytest.mark.unit
LATER = NOON + timedelta(minutes=15)


@pytest.fixture
def app() -> Identity:
    return founded()


@pytest.fixture
def ada(app: Identity) -> UUID:
    return register_verified(app)["id"]


def start(app: Identity, **terms: Any) -> dict[str, Any]:
    return app.start_device(**{"client_name": "DVC", "now": NOON, **terms})


def answer(app: Identity, account_id: UUID, started: dict[str, Any], **terms: Any) -> dict[str, Any]:
    return app.answer_device(**{"account_id": account_id, "user_code": started["user_code"], "approve": True, "now": NOON, **terms})


def redeem(app: Identity, started: dict[str, Any]) -> dict[str, Any]:
    return app.redeem_device(device_code=started["device_code"], now=NOON)


def test_an_approved_code_is_worth_one_token(app: Identity, ada: UUID) -> None:
    started = start(app, token_name="laptop", scopes=["experiments"])
    with pytest.raises(InvalidInput, match="authorization_pending"):
        redeem(app, started)
    answer(app, ada, started)
    before = len(log(app))
    fetched = redeem(app, started)
    assert topics(app, before) == ["identity.device_authorization.redeemed", "identity.token.created"]
    token = app.load(AccessToken, log(app)[-1].originator_id)
    assert (token.account_id, token.scopes, token.name.value) == (ada, ["experiments"], "laptop")
    assert tokens.genuine(fetched["token"])
    assert fetched["token"].startswith("isat_")
    with pytest.raises(InvalidInput, match="expired_token"):
        redeem(app, started)


def test_a_person_may_grant_less_than_was_asked_for_and_never_more(app: Identity, ada: UUID) -> None:
    started = start(app, scopes=["experiments", "models"])
    answer(app, ada, started, scopes=["models", "account"], workspace_ids=[uuid4()])
    assert redeem(app, started)["scopes"] == ["models"]


def test_a_denied_code_is_worth_nothing(app: Identity, ada: UUID) -> None:
    started = start(app)
    answer(app, ada, started, approve=False)
    with pytest.raises(InvalidInput, match="access_denied"):
        redeem(app, started)
    with pytest.raises(Conflict, match="device_code_used"):
        answer(app, ada, started)


def test_a_code_is_answered_once(app: Identity, ada: UUID) -> None:
    started = start(app)
    answer(app, ada, started)
    for approve in (True, False):
        with pytest.raises(Conflict, match="device_code_used"):
            answer(app, ada, started, approve=approve)


def test_a_code_that_is_too_old_is_neither_answered_nor_fetched(app: Identity, ada: UUID) -> None:
    started, approved = start(app), start(app)
    answer(app, ada, approved)
    with pytest.raises(NotFound, match="device_code_not_found"):
        answer(app, ada, started, now=LATER)
    for each in (started, approved):
        with pytest.raises(InvalidInput, match="expired_token"):
            app.redeem_device(device_code=each["device_code"], now=LATER)


@pytest.mark.parametrize("code", ["", "nonsense", ".", "a.b", f"{'a' * 32}.{'x' * 43}", "\u00e9.\u00e9"])
def test_made_up_device_codes_are_unknown(app: Identity, code: str) -> None:
    with pytest.raises(InvalidInput, match="expired_token"):
        app.redeem_device(device_code=code, now=NOON)


def test_a_code_may_be_typed_in_any_case_and_with_a_hyphen(app: Identity, ada: UUID) -> None:
    started = start(app)
    code = started["user_code"].lower()
    assert app.device(account_id=ada, user_code=f"{code[:4]}-{code[4:]} ", now=NOON)["client_name"] == "DVC"


def test_the_page_tells_where_the_request_came_from(app: Identity, ada: UUID) -> None:
    with context.use(CallContext(ip="192.0.2.7")):
        started = start(app, token_name="laptop")
    shown = app.device(account_id=ada, user_code=started["user_code"], now=NOON)
    assert (shown["ip"], shown["token_name"], shown["scopes"]) == ("192.0.2.7", "laptop", ["experiments", "datasets", "models"])


def test_codes_cannot_be_guessed_for_long(ada: UUID) -> None:
    app = founded(device_guesses=3)
    ada = register_verified(app)["id"]
    started = start(app)
    for _ in range(5):
        app.device(account_id=ada, user_code=started["user_code"], now=NOON)
    for _ in range(3):
        with pytest.raises(NotFound):
            app.device(account_id=ada, user_code="BBBBBBBB", now=NOON)
    with pytest.raises(LimitExceeded):
        app.device(account_id=ada, user_code=started["user_code"], now=NOON)


def test_nobody_begins_logins_without_end() -> None:
    app = founded(device_requests=2)
    for _ in range(2):
        start(app)
    with pytest.raises(LimitExceeded):
        start(app)


def test_a_login_of_a_person_that_is_gone_is_worth_nothing(app: Identity, ada: UUID) -> None:
    started = start(app)
    answer(app, ada, started)
    app.erase_account(account_id=ada, password="correct horse battery staple", confirm="ada", now=NOON)
    with pytest.raises(InvalidInput, match="expired_token"):
        redeem(app, started)


def test_neither_codes_nor_names_are_stored(app: Identity, ada: UUID) -> None:
    started = start(app, token_name="at Lovelace's")
    answer(app, ada, started)
    stored = b"".join(each.state for each in app.recorder.select_notifications(1, 10_000))
    for secret in (started["user_code"], started["device_code"], "Lovelace's"):
        assert secret.encode() not in stored
