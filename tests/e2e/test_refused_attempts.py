"""Whoever is refused leaves a trace in the audit trail: for the workspace, for the person, for the operator."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from services.chassis import tokens
from tests.kit.installations import Installation, embedded
from tests.kit.people import PASSWORD, Person
from tests.servers import eventually

REFUSED = "?type=audit.attempt.refused&limit=200"


@pytest.fixture(scope="module")
def gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Puts attempts on record after a second instead of a minute."""
    with embedded(tmp_path_factory.mktemp("refusals"), GATEHOUSE_REFUSAL_SECONDS="1") as running:
        yield running


@pytest.fixture(scope="module")
def operator(gatehouse: Installation) -> Person:
    person = Person(gatehouse, "operator")
    assert person.sign_up(setup_token=gatehouse.setup_token).status_code == 201
    person.sign_in()
    return person


class Tried(NamedTuple):
    vision: str
    ada: Person
    stranger: Person
    guessed: str


@pytest.fixture(scope="module")
def tried(gatehouse: Installation, operator: Person) -> Tried:
    """What is refused to Ada, a viewer of vision, and to a stranger: all at once, for it takes seconds until it is on record."""
    ada, stranger, vision = Person(gatehouse, "ada").arrived(), Person(gatehouse, "stranger"), operator.workspace()
    operator.welcome(vision, ada, role="viewer")
    for _ in range(3):
        assert ada.call("PATCH", vision, {"name": "Mine"}).status_code == 403
    guessed = tokens.new(tokens.PERSONAL)
    for _ in range(4):
        assert stranger.get("/v1/account", headers={"Authorization": f"Bearer {guessed}"}).status_code == 401
    assert stranger.post("/v1/sessions", {"email": ada.email, "password": "not the password"}).status_code == 401
    return Tried(vision, ada, stranger, guessed)


def refused(person: Person, path: str, number: int) -> list[dict[str, Any]]:
    """The entries that the listing has, once they count so many attempts."""

    def entries() -> list[dict[str, Any]]:
        found = person.get(path + REFUSED).json()["items"]
        return found if sum(entry["changes"]["count"] for entry in found) >= number else []

    return eventually(entries)


def test_what_a_member_may_not_do_is_in_the_trail_of_the_workspace_and_of_the_member(operator: Person, tried: Tried) -> None:
    vision, ada = tried.vision, tried.ada
    for entries in (refused(operator, f"{vision}/audit", 3), refused(ada, "/v1/account/audit", 3)):
        assert sum(entry["changes"]["count"] for entry in entries) == 3
        assert {(entry["actor"], entry["ip"], entry["workspace_id"]) for entry in entries} == {
            (ada.account["id"], ada.ip, vision.rpartition("/")[2])
        }
        assert {entry["changes"]["code"] for entry in entries} == {"role_insufficient"}


def test_what_nobody_known_tries_is_seen_by_the_operator_alone(operator: Person, tried: Tried) -> None:
    ada, stranger = tried.ada, tried.stranger
    entries = [entry for entry in refused(operator, "/v1/audit", 8) if entry["ip"] == stranger.ip]
    eventually(lambda: {"credential_invalid", "credentials_invalid"} <= _codes(operator, stranger))
    assert {entry["actor"] for entry in entries} == {None}
    assert {entry["user_agent"].partition("/")[0] for entry in entries} == {"python-requests"}
    everything = operator.get("/v1/audit?limit=200").text
    for secret in (tried.guessed, "not the password", ada.email, stranger.email, PASSWORD):
        assert secret not in everything

    assert (ada.get("/v1/audit").status_code, ada.get("/v1/audit").json()["code"]) == (403, "operator_only")
    assert stranger.ip not in ada.get("/v1/account/audit?limit=200&type=audit.attempt.refused").text


def test_the_operator_reads_the_trail_page_by_page_and_filtered(operator: Person) -> None:
    first = operator.get("/v1/audit?limit=2").json()
    second = operator.get(f"/v1/audit?limit=2&cursor={first['next_cursor']}").json()
    assert len({entry["id"] for entry in first["items"] + second["items"]}) == 4
    assert {entry["type"] for entry in operator.get("/v1/audit?type=identity.account.registered").json()["items"]} == {
        "identity.account.registered"
    }


def _codes(operator: Person, who: Person) -> set[str]:
    entries = operator.get("/v1/audit" + REFUSED).json()["items"]
    return {entry["changes"]["code"] for entry in entries if entry["ip"] == who.ip}
