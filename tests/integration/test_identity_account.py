"""What people change about their own account, over identity's own database."""

import base64
import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from services.chassis.errors import Conflict, NotFound, Unauthenticated
from services.chassis.rebuild import Rebuild
from services.identity.application import Identity
from tests.builders.identity import ADA, NOON, OPERATOR, PASSWORD, verification_token
from tests.integration.test_identity import Caller, app, call, everything, grace, race, rows  # noqa: F401

NEW = "another horse, another battery"


def picture() -> str:
    written = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(written, "PNG")
    return base64.b64encode(written.getvalue()).decode()


def ada_of(app: Identity) -> str:  # noqa: F811
    account = app.register_account(**ADA, now=NOON)
    app.verify_email(token=verification_token(app, account), now=NOON)
    return str(account["id"])


def proved(app: Identity, call: Caller, id: str, address: str) -> str:  # noqa: F811
    email = call("add_email", account_id=id, address=address)
    held = app.views.one("SELECT account_id, address_id FROM emails WHERE address_id = %s", email["id"])
    assert held is not None
    letter = app.verification(held["account_id"], held["address_id"])
    assert letter is not None
    call("verify_email", token=letter.token)
    return str(email["id"])


@pytest.mark.feature("I-02")
def test_a_change_is_read_at_once(call, grace):  # noqa: F811
    changed = call("change_profile", account_id=grace["id"], first_name="Amazing", username="Amazing.Grace")

    assert call("get_account", account_id=grace["id"]) == changed
    assert (changed["first_name"], changed["username"]) == ("Amazing", "Amazing.Grace")


@pytest.mark.feature("I-03")
def test_of_many_who_want_one_username_one_gets_it(app, call, grace):  # noqa: F811
    ids = [call.register({"email": f"p{n}@example.org", "password": PASSWORD})["id"] for n in range(6)]

    answers = race(*(lambda id=id: call("change_profile", account_id=id, username="Wanted") for id in ids))

    assert len([each for each in answers if isinstance(each, dict)]) == 1
    assert {each.code for each in answers if isinstance(each, Conflict)} == {"username_taken"}


@pytest.mark.feature("I-04")
def test_a_picture_is_served_until_it_is_removed(call, grace):  # noqa: F811
    answered = call("put_picture", account_id=grace["id"], image=picture())
    served = call("picture", account_id=grace["id"])

    assert call("get_account", account_id=grace["id"]) == answered
    assert call("profiles", account_ids=[grace["id"]])["items"][0]["picture_url"] == answered["picture_url"]
    assert Image.open(io.BytesIO(base64.b64decode(served["image"]))).format == "WEBP"
    assert served["media_type"] == "image/webp"
    call("delete_picture", account_id=grace["id"])
    with pytest.raises(NotFound):
        call("picture", account_id=grace["id"])
    assert call("get_account", account_id=grace["id"])["picture_url"] is None


@pytest.mark.feature("I-10")
def test_two_who_swap_the_primary_address_at_once_leave_one(app, call, grace):  # noqa: F811
    ids = [proved(app, call, grace["id"], f"g{n}@example.org") for n in range(4)]

    answers = race(*(lambda id=id: call("make_primary", account_id=grace["id"], email_id=id) for id in ids))

    assert all(isinstance(each, dict) for each in answers), answers
    assert sum(each["primary"] for each in call("get_account", account_id=grace["id"])["emails"]) == 1


@pytest.mark.feature("I-12")
def test_an_address_made_primary_and_deleted_at_once_is_either(app, call, grace):  # noqa: F811
    for n in range(5):
        id = proved(app, call, grace["id"], f"g{n}@example.org")
        race(
            lambda id=id: call("make_primary", account_id=grace["id"], email_id=id),
            lambda id=id: call("delete_email", account_id=grace["id"], email_id=id),
        )
        assert sum(each["primary"] for each in call("get_account", account_id=grace["id"])["emails"]) == 1


@pytest.mark.feature("I-13")
def test_after_a_change_of_password_this_session_lives_and_no_other(call, grace):  # noqa: F811
    here, elsewhere = call.sign_in(), call.sign_in()

    call("change_password", account_id=grace["id"], session_id=here["session"]["id"], current_password=PASSWORD, new_password=NEW)

    assert call.authenticate(here["token"])["session_id"] == here["session"]["id"]
    with pytest.raises(Unauthenticated):
        call.authenticate(elsewhere["token"])
    assert [each["id"] for each in call("list_sessions", account_id=grace["id"])["items"]] == [here["session"]["id"]]
    later = call.sign_in({**OPERATOR, "password": NEW})
    assert call.authenticate(later["token"])


@pytest.mark.feature("I-14")
def test_a_link_used_twice_at_once_resets_once(app, call, grace):  # noqa: F811
    token = call.sign_in()["token"]
    assert call("request_password_reset", email="GRACE@example.org") == call("request_password_reset", email="nobody@example.org") == {}
    held = app.views.one("SELECT account_id, address_id FROM emails WHERE account_id = %s", grace["id"])
    link = app.reset_letter(held["account_id"], held["address_id"]).token

    answers = race(*(lambda n=n: call("reset_password", token=link, new_password=f"{NEW} {n}") for n in range(4)))

    assert [each for each in answers if isinstance(each, dict)] == [{"account_id": grace["id"]}]
    assert {each.code for each in answers if isinstance(each, Conflict)} == {"reset_used"}
    with pytest.raises(Unauthenticated):
        call.authenticate(token)


def test_the_last_use_of_a_session_is_written_down_now_and_then(call, grace):  # noqa: F811
    started = call.sign_in()["session"]["id"]
    (listed,) = call("list_sessions", account_id=grace["id"])["items"]
    assert listed["last_seen_at"] == listed["created_at"]
    seen = []
    for minutes in (1, 3, 7):
        call.now = NOON + timedelta(minutes=minutes)
        call("session_seen", session_id=started)
        seen.append(call("list_sessions", account_id=grace["id"])["items"][0]["last_seen_at"])

    assert [each[11:16] for each in seen] == ["12:01", "12:01", "12:07"]


@pytest.mark.feature("I-17")
@pytest.mark.feature("I-19")
@pytest.mark.feature("I-21")
def test_preferences_follow_the_account(call, grace):  # noqa: F811
    default = call("preferences", account_id=grace["id"])
    chosen = call("change_preferences", account_id=grace["id"], hidpi_scale_override=False, hidden_container_arguments=["MY_TOKEN"])

    assert chosen == {**default, "hidpi_scale_override": False, "hidden_container_arguments": ["MY_TOKEN"]}
    assert call("preferences", account_id=grace["id"]) == chosen


@pytest.mark.feature("I-16")
def test_after_erasure_nothing_that_was_changed_is_left_either(app, call, grace):  # noqa: F811
    id = ada_of(app)
    call("change_profile", account_id=id, first_name="Augusta", username="countess")
    call("put_picture", account_id=id, image=picture())
    call("change_preferences", account_id=id, hidden_container_arguments=["AUGUSTAS_TOKEN"])
    proved(app, call, id, "augusta@example.com")
    image = call("picture", account_id=id)["image"]

    call("erase_account", account_id=id, password=PASSWORD, confirm="countess")

    stored = everything(app)
    for value in ("Augusta", "augusta@example.com", "countess", "AUGUSTAS_TOKEN", image[:40]):
        assert value not in stored
    with pytest.raises(NotFound):
        call("preferences", account_id=id)


def test_rebuilt_views_of_changed_accounts_equal_the_live_ones(app, call, grace):  # noqa: F811
    id = ada_of(app)
    for each in (grace["id"], id):
        call("change_profile", account_id=each, first_name="Someone")
        call("put_picture", account_id=each, image=picture())
        call("change_preferences", account_id=each, hide_examples=True)
    call("make_primary", account_id=grace["id"], email_id=proved(app, call, grace["id"], "second@example.org"))
    here = call.sign_in()["session"]["id"]
    call("change_password", account_id=grace["id"], session_id=here, current_password=PASSWORD, new_password=NEW)
    call("erase_account", account_id=id, password=PASSWORD, confirm="ada")
    live = (rows(app), _pictures(app), call("list_sessions", account_id=grace["id"]))

    for projection in app.projections:
        Rebuild(app, projection, None).run()

    assert (rows(app), _pictures(app), call("list_sessions", account_id=grace["id"])) == live
    assert len(live[1]) == 1


def _pictures(app: Identity) -> list[dict[str, Any]]:  # noqa: F811
    return app.db.all("SELECT * FROM pictures ORDER BY account_id")
