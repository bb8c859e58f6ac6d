"""Making operators from the command line."""

import pytest

from tests.kit.installations import Installation
from tests.kit.people import Person
from tests.servers import eventually


def entries(person: Person, kind: str) -> list[dict[str, str]]:
    found = person.get("/v1/account/audit", params={"type": kind})
    assert found.status_code == 200, found.text
    return found.json()["items"]


def is_operator(person: Person) -> bool:
    return person.get("/v1/account").json()["operator"]


def test_an_operator_is_made_and_unmade_while_gatehouse_runs(either_gatehouse: Installation) -> None:
    olivia = Person(either_gatehouse, "olivia").arrived()
    username = olivia.account["username"]
    assert either_gatehouse.run("operators", "add", olivia.email) == f"{username} is an operator\n"
    assert is_operator(olivia)
    assert olivia.email in either_gatehouse.run("operators", "list")
    eventually(lambda: entries(olivia, "identity.account.operator_granted"), within=10)
    [granted] = entries(olivia, "identity.account.operator_granted")
    assert granted["actor"] == "system:command-line"

    assert either_gatehouse.run("operators", "remove", username) == f"{username} is no operator any more\n"
    assert not is_operator(olivia)
    assert olivia.email not in either_gatehouse.run("operators", "list")
    eventually(lambda: entries(olivia, "identity.account.operator_revoked"), within=10)


@pytest.mark.parametrize(("words", "message"), [(("add", "nobody"), "account_not_found"), (("remove", "olivia"), "not_an_operator")])
def test_what_cannot_be_done_is_told_in_one_line(gatehouse: Installation, olivia: Person, words: tuple[str, str], message: str) -> None:
    verb, name = words
    done = gatehouse.command("operators", verb, olivia.account["username"] if name == "olivia" else name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"gatehouse: {message}: ")
    assert done.stderr.count("\n") == 1
