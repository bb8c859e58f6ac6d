from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.errors import Conflict, PermissionDenied, ServiceError, Unprocessable
from services.chassis.usecase import run
from tests.kit.ledger import Account, Ledger, balances, rows

CALL = CallContext(actor_id="ada", idempotency_key="k-1", correlation_id="c")


def _open(ledger: Ledger) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda payload: {"id": str(ledger.open(uuid4(), payload["name"])), "secret": "shown once"}


def _call(ledger: Ledger, payload: dict[str, Any], call: CallContext = CALL) -> dict[str, Any]:
    with context.use(call):
        return run("ledger", "open", ledger, payload, _open(ledger))


def test_a_command_sent_again_with_its_key_takes_effect_once_and_answers_the_same(ledger: Ledger) -> None:
    first, second = (_call(ledger, {"name": "Ada"}) for _ in range(2))
    assert first["data"] == second["data"]
    assert len(rows(ledger.db, balances)) == 1


def test_of_many_sent_at_once_with_one_key_one_takes_effect(ledger: Ledger) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: _call(ledger, {"name": "Ada"})["data"]["id"], range(32)))
    assert len(set(answers)) == 1
    assert len(rows(ledger.db, balances)) == 1


def test_a_key_used_for_another_request_is_refused(ledger: Ledger) -> None:
    _call(ledger, {"name": "Ada"})
    with pytest.raises(Unprocessable) as refusal:
        _call(ledger, {"name": "Bob"})
    assert refusal.value.code == "idempotency_key_reused"
    assert len(rows(ledger.db, balances)) == 1


def test_the_same_key_of_another_caller_is_another_key(ledger: Ledger) -> None:
    _call(ledger, {"name": "Ada"})
    _call(ledger, {"name": "Ada"}, CallContext(actor_id="bob", idempotency_key="k-1", correlation_id="c"))
    assert len(rows(ledger.db, balances)) == 2


def test_a_refusal_frees_the_key_and_keeps_what_it_put_on_record(ledger: Ledger) -> None:
    def refused(payload: dict[str, Any]) -> dict[str, Any]:
        ledger.open(uuid4(), "the refusal itself")
        raise PermissionDenied("no", "not you")

    with context.use(CALL), pytest.raises(PermissionDenied):
        run("ledger", "open", ledger, {"name": "Ada"}, refused)
    assert len(rows(ledger.db, balances)) == 1
    assert _call(ledger, {"name": "Ada"})["data"]["id"]


def test_an_answer_is_kept_sealed(ledger: Ledger) -> None:
    _call(ledger, {"name": "Ada"})
    kept = ledger.db.one("SELECT sealed_answer FROM idempotency_keys")
    assert b"shown once" not in bytes(kept["sealed_answer"])


def test_a_key_older_than_a_day_is_forgotten(ledger: Ledger) -> None:
    _call(ledger, {"name": "Ada"})
    ledger.db.run("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
    _call(ledger, {"name": "Ada"})
    assert len(rows(ledger.db, balances)) == 2


def test_the_position_of_the_last_public_event_is_answered(ledger: Ledger) -> None:
    account_id = ledger.open(uuid4(), "Ada")
    credited = run("ledger", "credit", ledger, {}, lambda _: {"version": ledger.credit(account_id, 1)})
    assert credited["position"] == ledger.recorder.max_notification_id()
    assert run("ledger", "read", ledger, {}, lambda _: {})["position"] == 0


def test_a_race_that_is_lost_again_and_again_ends_as_a_conflict(ledger: Ledger) -> None:
    account_id = ledger.open(uuid4(), "Ada")

    def always_late(payload: dict[str, Any]) -> dict[str, Any]:
        mine = ledger.load(Account, account_id)
        mine.credit(1)
        ledger.credit(account_id, 1)
        ledger.save(mine)
        return {}

    with pytest.raises(Conflict) as refusal:
        run("ledger", "credit", ledger, {}, always_late)
    assert refusal.value.code == "concurrent_change"
    assert isinstance(refusal.value, ServiceError)
