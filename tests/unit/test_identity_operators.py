"""Who operates the installation."""

import pytest
from eventsourcing.persistence import IntegrityError

from services.chassis.errors import Conflict, NotFound
from services.identity.application import Identity
from services.identity.domain import Installation
from tests.builders.identity import ADA, BOB, NOON, PASSWORD, founded, log, register, register_verified, topics


def refused(kind: type[Exception], app: Identity, method: str, name: str) -> str:
    before = len(log(app))
    with pytest.raises(kind) as error:
        getattr(app, method)(name=name)
    assert len(log(app)) == before
    return error.value.code  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.org", "Ada@EXAMPLE.org"])
def test_an_account_becomes_an_operator_by_its_username_or_address(name: str) -> None:
    app = founded()
    register_verified(app)
    before = len(log(app))

    assert app.grant_operator(name=name) == "ada"

    assert topics(app, before) == ["identity.account.operator_granted", "identity.installation.operators_changed"]
    app.grant_operator(name=name)
    assert len(log(app)) == before + 2


def test_an_operator_becomes_an_ordinary_account_that_may_be_erased() -> None:
    app = founded()
    account = register_verified(app)
    app.grant_operator(name="ada")
    with pytest.raises(Conflict) as error:
        app.erase_account(account_id=account["id"], confirm="ada", password=PASSWORD, now=NOON)
    assert error.value.code == "operator_needed"
    before = len(log(app))

    assert app.revoke_operator(name="ada") == "ada"

    assert topics(app, before) == ["identity.account.operator_revoked", "identity.installation.operators_changed"]
    app.erase_account(account_id=account["id"], confirm="ada", password=PASSWORD, now=NOON)


def test_the_last_operator_stays_whoever_that_is() -> None:
    app = founded()
    register_verified(app)
    assert refused(Conflict, app, "revoke_operator", "grace") == "last_operator"
    app.grant_operator(name="ada")
    app.revoke_operator(name="grace")
    assert refused(Conflict, app, "revoke_operator", "ada") == "last_operator"


def test_who_is_no_operator_cannot_be_removed() -> None:
    app = founded()
    register_verified(app)
    assert refused(Conflict, app, "revoke_operator", "ada") == "not_an_operator"


@pytest.mark.parametrize("name", ["nobody", "nobody@example.org", "@", "a@b@c", "x" * 400, ""])
def test_nobody_is_found_by_a_name_that_nobody_has(name: str) -> None:
    assert refused(NotFound, founded(), "grant_operator", name) == "account_not_found"


def test_an_address_that_is_not_verified_names_nobody() -> None:
    app = founded()
    mallory = register_verified(app, BOB)
    app.add_email(account_id=mallory["id"], address=ADA["email"], now=NOON)
    assert refused(NotFound, app, "grant_operator", ADA["email"]) == "account_not_found"


def test_an_account_that_may_still_lose_its_address_is_not_trusted_with_the_installation() -> None:
    app = founded()
    register(app)
    assert refused(Conflict, app, "grant_operator", "ada") == "email_unverified"


def test_two_operators_who_remove_one_another_at_once_do_not_both_succeed() -> None:
    app = founded()
    register_verified(app)
    app.grant_operator(name="ada")
    here, there = (app.load(Installation, Installation.create_id()) for _ in range(2))
    for installation, other in zip((here, there), list(here.operators), strict=True):
        installation.dismiss(other)
    app.save(here)
    with pytest.raises(IntegrityError):
        app.save(there)
