"""A person and their own account, through the gateway."""

import email
import io
import re
import zlib
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from PIL import Image

from tests.kit.installations import Installation
from tests.kit.people import PASSWORD, Person
from tests.servers import eventually

NEW = "quite a new passphrase, isn't it"


def code(answer: requests.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def drawn(kind: str = "PNG", size: tuple[int, int] = (600, 300)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, kind)
    return written.getvalue()


def mails(gatehouse: Installation, to: str) -> list[Any]:
    found = (email.message_from_bytes(path.read_bytes(), policy=default) for path in Path(gatehouse.outbox).glob("*.eml"))
    return [mail for mail in found if mail["To"] == to]


def put(person: Person, image: bytes) -> requests.Response:
    return person.call("PUT", "/v1/account/picture", data=image, headers={"Content-Type": "image/png"})


def with_second_address(person: Person) -> tuple[str, str]:
    """Id and address of a verified one."""
    first, second = person.email, f"second-{uuid4().hex[:8]}@example.com"
    added = person.post("/v1/account/emails", {"address": second})
    assert (added.status_code, added.json()["verified"]) == (201, False)
    person.email = second
    assert person.verify().json()["verified"]
    person.email = first
    return added.json()["id"], second


@pytest.mark.feature("I-01")
def test_a_profile_is_read_by_its_person_in_part_by_members_and_by_nobody_else(olivia: Person, ada: Person) -> None:
    olivia.welcome(olivia.workspace(), ada)
    own = olivia.get("/v1/account").json()
    assert {"username", "first_name", "last_name", "picture_url", "emails"} <= own.keys()
    workspace = ada.get("/v1/workspaces?limit=200").json()["items"]
    shared = next(each["id"] for each in workspace if each["name"] == "vision")
    seen = next(m for m in ada.get(f"/v1/workspaces/{shared}/members").json()["items"] if m["account_id"] == own["id"])
    assert seen["username"] == own["username"]
    assert olivia.email not in str(seen)
    olivia.token = ""
    assert code(olivia.get("/v1/account")) == (401, "authentication_required")


@pytest.mark.feature("I-02")
def test_a_new_name_is_answered_and_read_at_once(ada: Person) -> None:
    changed = ada.call("PATCH", "/v1/account", {"first_name": "Augusta", "last_name": "King"})
    assert (changed.status_code, changed.json()["first_name"]) == (200, "Augusta")
    assert ada.get("/v1/account").json()["last_name"] == "King"


@pytest.mark.feature("I-02")
@pytest.mark.parametrize(
    "body",
    [
        {"first_name": ""},
        {"first_name": "x" * 101},
        {"last_name": "a\u0007b"},
        {"id": str(uuid4())},
        {"verified": True},
        {"workspace_id": str(uuid4())},
        {"operator": True},
        {"username": "two words"},
        {"username": None},
    ],
)
def test_what_may_not_be_changed_is_refused_and_nothing_changes(ada: Person, body: dict[str, Any]) -> None:
    before = ada.get("/v1/account").json()
    assert code(ada.call("PATCH", "/v1/account", body)) == (422, "invalid_fields")
    assert ada.get("/v1/account").json() == before


@pytest.mark.feature("I-03")
def test_a_username_is_unique_in_any_letter_case_and_the_old_one_free_again(ada: Person, olivia: Person) -> None:
    former, name = ada.account["username"], f"countess{uuid4().hex[:6]}"
    assert ada.call("PATCH", "/v1/account", {"username": name}).json()["username"] == name
    assert code(olivia.call("PATCH", "/v1/account", {"username": name.upper()})) == (409, "username_taken")
    assert olivia.call("PATCH", "/v1/account", {"username": former}).status_code == 200


@pytest.mark.feature("I-04")
def test_a_picture_is_served_without_cookies_and_taken_for_nothing_else(ada: Person) -> None:
    url = put(ada, drawn()).json()["picture_url"]
    ada.token = ""
    served = ada.get(url)
    assert (served.status_code, served.headers["Content-Type"]) == (200, "image/webp")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in served.headers
    assert Image.open(io.BytesIO(served.content)).size == (512, 256)


@pytest.mark.feature("I-04")
@pytest.mark.parametrize(
    ("image", "refusal"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', (422, "picture_unreadable")),
        (b"a text file named .png", (422, "picture_unreadable")),
        (b"", (422, "picture_unreadable")),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 20_000_000, (413, "body_too_large")),
    ],
    ids=["svg", "text", "nothing", "20 MB"],
)
def test_what_is_no_picture_is_refused(ada: Person, image: bytes, refusal: tuple[int, str]) -> None:
    assert code(put(ada, image)) == refusal
    assert ada.get("/v1/account").json()["picture_url"] is None


@pytest.mark.feature("I-04")
def test_a_removed_picture_is_gone(ada: Person) -> None:
    url = put(ada, drawn()).json()["picture_url"]
    assert ada.delete("/v1/account/picture").status_code == 204
    assert code(ada.get(url)) == (404, "picture_not_found")


@pytest.mark.feature("I-04")
def test_a_picture_that_would_unfold_to_gigabytes_is_never_unfolded(ada: Person) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    header = (50_000).to_bytes(4) * 2 + b"\x08\x02\x00\x00\x00"
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000)) + chunk(b"IEND", b"")
    assert code(put(ada, bomb)) == (422, "picture_too_large")


@pytest.mark.feature("I-07")
@pytest.mark.feature("I-08")
@pytest.mark.feature("I-12")
def test_another_address_is_verified_signs_in_and_is_deleted(ada: Person, olivia: Person) -> None:
    id, second = with_second_address(ada)
    assert code(olivia.post("/v1/account/emails", {"address": second.upper()})) == (409, "email_taken")
    assert ada.sign_in(email=second).status_code == 201
    assert ada.delete(f"/v1/account/emails/{id}").status_code == 204
    assert code(ada.sign_in(email=second)) == (401, "credentials_invalid")
    (primary,) = ada.get("/v1/account").json()["emails"]
    assert code(ada.delete(f"/v1/account/emails/{primary['id']}")) == (409, "primary_address")


@pytest.mark.feature("I-07")
def test_a_newer_link_kills_the_one_before(gatehouse: Installation, ada: Person) -> None:
    own, ada.email = ada.email, f"later-{uuid4().hex[:8]}@example.com"
    id = ada.post("/v1/account/emails", {"address": ada.email}).json()["id"]
    first = ada.mailed("/verify-email?token=")
    assert ada.post(f"/v1/account/emails/{id}/verification").status_code == 202
    eventually(lambda: len(mails(gatehouse, ada.email)) == 2)
    assert code(ada.post("/v1/email-verifications", {"token": first})) == (404, "verification_not_found")
    second = eventually(lambda: token if (token := ada.mailed("/verify-email?token=")) != first else None)
    assert ada.post("/v1/email-verifications", {"token": second}).status_code == 200
    assert code(ada.post("/v1/email-verifications", {"token": second})) == (409, "verification_used")
    ada.email = own


@pytest.mark.feature("I-10")
@pytest.mark.feature("I-11")
def test_old_and_new_primary_address_hear_of_the_swap_in_text_and_html(gatehouse: Installation, ada: Person) -> None:
    id, second = with_second_address(ada)
    assert ada.call("PUT", f"/v1/account/emails/{id}/primary").json()["primary"]
    assert [each["primary"] for each in ada.get("/v1/account").json()["emails"]] == [False, True]
    for to in (ada.email, second):
        mail = eventually(lambda to=to: next((m for m in mails(gatehouse, to) if "primary" in m["Subject"]), None))  # type: ignore[misc]
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.feature("I-13")
def test_a_new_password_ends_all_other_sessions_at_once(ada: Person) -> None:
    elsewhere = ada.token
    ada.sign_in()
    wrong = {"current_password": "wrong horse battery staple", "new_password": NEW}
    assert code(ada.call("PUT", "/v1/account/password", wrong)) == (403, "password_invalid")
    for bad in ("fourteen chars", "passwordpassword", f"{ada.account['username']} and more words"):
        refused = ada.call("PUT", "/v1/account/password", {"current_password": PASSWORD, "new_password": bad})
        assert code(refused) == (422, "password_refused")
    assert ada.call("PUT", "/v1/account/password", {"current_password": PASSWORD, "new_password": NEW}).status_code == 204
    assert ada.get("/v1/account").status_code == 200
    here, ada.token = ada.token, elsewhere
    assert code(ada.get("/v1/account")) == (401, "session_invalid")
    ada.token = here
    assert code(ada.sign_in()) == (401, "credentials_invalid")
    assert ada.sign_in(password=NEW).status_code == 201


@pytest.mark.feature("I-14")
def test_a_forgotten_password_is_reset_by_mail_once(gatehouse: Installation, ada: Person) -> None:
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    asked = ada.post("/v1/password-resets", {"email": ada.email}, headers=forged)
    unknown = ada.post("/v1/password-resets", {"email": "nobody@example.org"})
    assert (asked.status_code, asked.json()) == (unknown.status_code, unknown.json()) == (202, {})
    token = ada.mailed("/reset-password?token=")
    (mail,) = [mail for mail in mails(gatehouse, ada.email) if "Reset" in mail["Subject"]]
    assert f"{gatehouse.url}/reset-password?token={token}" in mail.get_body(("plain",)).get_content()
    assert "evil" not in mail.as_string()
    assert ada.call("PUT", f"/v1/password-resets/{token}", {"new_password": NEW}).status_code == 204
    assert code(ada.get("/v1/account")) == (401, "session_invalid")
    assert code(ada.call("PUT", f"/v1/password-resets/{token}", {"new_password": PASSWORD})) == (409, "reset_used")
    assert ada.sign_in(password=NEW).status_code == 201


@pytest.mark.feature("I-14")
def test_the_link_opens_a_form_that_changes_nothing_until_it_is_sent(ada: Person) -> None:
    assert 'name="email"' in ada.get("/reset-password").text
    assert ada.call("POST", "/reset-password", data={"email": ada.email}).status_code == 200
    token = ada.mailed("/reset-password?token=")
    page = ada.get(f"/reset-password?token={token}")
    assert re.search(r'name="token" value="([^"]+)"', page.text)[1] == token  # type: ignore[index]
    assert ada.sign_in().status_code == 201
    assert ada.call("POST", "/reset-password", data={"token": token, "new_password": "short"}).status_code == 422
    assert ada.call("POST", "/reset-password", data={"token": token, "new_password": NEW}).status_code == 200
    assert ada.sign_in(password=NEW).status_code == 201


@pytest.mark.parametrize("password", ["x" * 1025, "x" * 1_100_000])
def test_a_password_without_end_is_refused(ada: Person, password: str) -> None:
    answer = ada.call("PUT", "/v1/account/password", {"current_password": password, "new_password": NEW})
    assert code(answer) in [(422, "invalid_fields"), (413, "body_too_large")]


def test_sessions_are_listed_with_their_last_use_and_ended_one_by_one(ada: Person) -> None:
    elsewhere = ada.token
    ada.sign_in()
    listed = ada.get("/v1/sessions").json()["items"]
    assert [each["current"] for each in listed] == [True, False]
    assert all(each["last_seen_at"] >= each["created_at"] for each in listed)
    eventually(lambda: (s := ada.get("/v1/sessions").json()["items"][0])["last_seen_at"] > s["created_at"])
    assert ada.delete(f"/v1/sessions/{listed[1]['id']}").status_code == 204
    ada.token = elsewhere
    assert ada.get("/v1/account").status_code == 401


@pytest.mark.feature("I-17")
@pytest.mark.feature("I-18")
@pytest.mark.feature("I-19")
@pytest.mark.feature("I-20")
@pytest.mark.feature("I-21")
@pytest.mark.feature("I-22")
def test_preferences_have_defaults_and_keep_what_was_chosen(ada: Person) -> None:
    before = ada.get("/v1/account/preferences").json()
    assert (before["hidpi_scale_override"], before["share_telemetry"], len(before["hidden_container_arguments"])) == (True, False, 4)
    chosen = ada.call("PATCH", "/v1/account/preferences", {"hide_examples": True, "hidden_container_arguments": []})
    assert chosen.json() == {**before, "hide_examples": True, "hidden_container_arguments": []}
    ada.sign_in()
    assert ada.get("/v1/account/preferences").json() == chosen.json()
    for bad in ({"hide_examples": "yes"}, {"hide_examples": None}, {"colour": "red"}, {"hidden_container_arguments": [""]}):
        assert code(ada.call("PATCH", "/v1/account/preferences", bad)) == (422, "invalid_fields")


@pytest.mark.feature("I-16")
def test_the_only_admin_others_have_stays(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    olivia.welcome(vision, ada)
    goodbye = {"password": PASSWORD, "confirm": olivia.account["username"]}
    refused = olivia.delete("/v1/account", goodbye)
    assert code(refused) == (409, "last_admin")
    assert [each["name"] for each in refused.json()["errors"]["workspaces"]] == ["vision"]
    assert olivia.call("PATCH", f"{vision}/members/{ada.account['id']}", {"role": "admin"}).status_code == 200
    assert olivia.delete("/v1/account", goodbye).status_code == 204
    assert code(olivia.get("/v1/account")) == (401, "session_invalid")


@pytest.mark.feature("I-16")
def test_a_session_that_has_just_begun_erases_without_the_password_but_not_without_the_name(ada: Person) -> None:
    assert code(ada.delete("/v1/account", {"confirm": "somebody"})) == (422, "confirmation_wrong")
    assert ada.delete("/v1/account", {"confirm": ada.account["username"]}).status_code == 204
    assert code(ada.sign_in()) == (401, "credentials_invalid")


def test_a_session_id_set_before_signing_in_is_worth_nothing_afterwards(ada: Person) -> None:
    planted = {"gatehouse_session": "gs_planted-by-somebody-else-0000000000000000000"}
    started = ada.call("POST", "/v1/sessions", {"email": ada.email, "password": PASSWORD}, cookies=planted)
    assert started.status_code == 201
    assert started.cookies["gatehouse_session"] != planted["gatehouse_session"]
    assert requests.get(f"{ada.gatehouse.url}/v1/account", cookies=planted, timeout=10).status_code == 401


@pytest.mark.feature("I-15")
def test_a_new_password_takes_every_token_and_key_pair_along_if_asked_to(ada: Person) -> None:
    workspace = ada.workspace()
    token = ada.post("/v1/account/tokens", {"name": "script", "scopes": ["account"]})
    pair = ada.post(f"{workspace}/credentials", {"label": "laptop"})
    assert (token.status_code, pair.status_code) == (201, 201), (token.text, pair.text)
    bearer = {"Authorization": f"Bearer {token.json()['token']}"}
    basic = requests.auth.HTTPBasicAuth(pair.json()["access_key"], pair.json()["secret_key"])

    def works() -> tuple[bool, bool]:
        url = ada.gatehouse.url
        return (
            requests.get(f"{url}/v1/account", headers=bearer, timeout=10).ok,
            requests.get(url + workspace, auth=basic, timeout=10).ok,
        )

    assert works() == (True, True)
    kept = ada.call("PUT", "/v1/account/password", {"current_password": PASSWORD, "new_password": NEW})
    assert (kept.status_code, works()) == (204, (True, True))
    again = {"current_password": NEW, "new_password": PASSWORD, "revoke_credentials": True}
    assert (ada.call("PUT", "/v1/account/password", again).status_code, works()) == (204, (False, False))
    trail = eventually(lambda: _caused(ada, "identity.token.revoked", "identity.key_pair.revoked"))
    assert {each["correlation_id"] for each in trail} <= {
        each["correlation_id"]
        for each in ada.get("/v1/account/audit?limit=200").json()["items"]
        if each["type"] == "identity.password.changed"
    }


def _caused(person: Person, *types: str) -> list[dict[str, Any]]:
    """Entries of these types, once there is one of each."""
    found = [each for each in person.get("/v1/account/audit?limit=200").json()["items"] if each["type"] in types]
    return found if {each["type"] for each in found} == set(types) else []
