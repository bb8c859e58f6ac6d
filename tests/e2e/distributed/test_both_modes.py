"""What is told elsewhere of the embedded mode holds in the distributed one as well."""

import json

import pytest

from tests.e2e.test_accounts import NEW, code, drawn, mails, put
from tests.e2e.test_history import Vision, now
from tests.kit.installations import Installation
from tests.kit.people import PASSWORD, Person
from tests.servers import eventually


@pytest.mark.feature("I-13")
@pytest.mark.feature("I-16")
def test_a_new_password_ends_other_sessions_is_told_by_mail_and_an_erased_account_is_out(either_gatehouse: Installation) -> None:
    ada = Person(either_gatehouse, "ada").arrived()
    elsewhere = ada.token
    ada.sign_in()
    assert put(ada, drawn()).status_code == 200
    assert ada.call("PUT", "/v1/account/password", {"current_password": PASSWORD, "new_password": NEW}).status_code == 204
    here, ada.token = ada.token, elsewhere
    assert code(ada.get("/v1/account")) == (401, "session_invalid")
    ada.token = here
    eventually(lambda: any("password" in mail["Subject"] for mail in mails(either_gatehouse, ada.email)))
    assert ada.delete("/v1/account", {"password": NEW, "confirm": ada.account["username"]}).status_code == 204
    assert code(ada.get("/v1/account")) == (401, "session_invalid")


def test_the_command_line_says_what_changed_between_two_moments(either_gatehouse: Installation) -> None:
    vision = Vision(either_gatehouse)
    ada = vision.ada.account
    found = json.loads(either_gatehouse.run("audit", "diff", vision.id, "--between", vision.empty, vision.ruled, "--json"))
    assert [row["account_id"] for row in found["members"]["added"]] == [ada["id"]]
    assert [row["name"] for row in found["groups"]["added"]] == ["Annotators"]
    assert [row["id"] for row in found["rules"]["added"]] == [vision.rule]
    assert [(right["principal"], right["permission"]) for right in found["access"]["gains"]] == [
        (vision.olivia.account["id"], "read"),
        (vision.olivia.account["id"], "modify"),
    ]
    told = either_gatehouse.run("audit", "diff", vision.id, "--between", vision.before, now())
    assert f"- {ada['username']}: role viewer" in told
    assert f"{ada['username']} read task 42" in told
