"""What people are called and look like, and what they prefer."""

import base64
import io

import pytest
from marshmallow import ValidationError
from PIL import Image

from services.chassis.errors import Conflict, NotFound, Unprocessable
from services.identity import pictures, preferences
from services.identity.domain import Account, Picture
from services.identity.schemas import ChangePreferences, ChangeProfile
from tests.builders.identity import ADA, BOB, NOON, PASSWORD, founded, log, register, register_verified, topics

MOST = 2_097_152


def drawn(kind="PNG", size=(800, 400), **more):
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, kind, **more)
    return written.getvalue()


def put(app, id, data):
    return app.put_picture(account_id=id, image=base64.b64encode(data).decode())


@pytest.mark.feature("I-02")
def test_a_new_name_is_one_event_with_field_old_and_new_value():
    app = founded()
    id = register(app)["id"]
    before = len(log(app))

    answer = app.change_profile(account_id=id, first_name="Augusta")

    assert (answer["first_name"], answer["last_name"]) == ("Augusta", "Lovelace")
    (event,) = log(app)[before:]
    assert (event.TOPIC, event.field) == ("identity.account.profile_changed", "first_name")
    assert (event.old.value, event.new.value) == ("Ada", "Augusta")


@pytest.mark.feature("I-02")
def test_the_name_one_has_already_is_no_event():
    app = founded()
    id = register(app)["id"]
    before = len(log(app))

    app.change_profile(account_id=id, first_name="Ada", last_name="Lovelace", username="ada")

    assert len(log(app)) == before


@pytest.mark.feature("I-02")
@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb", "a\0b", None, 7])
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_a_bad_name_is_refused(field, name):
    with pytest.raises(ValidationError) as refused:
        ChangeProfile().load({"account_id": "5f4c3a8e-0000-4000-8000-000000000001", field: name})
    assert set(refused.value.messages) == {field}


@pytest.mark.feature("I-03")
def test_a_username_is_unique_in_any_letter_case():
    app = founded()
    register(app)
    bob = register(app, BOB)["id"]
    before = len(log(app))

    with pytest.raises(Conflict) as refused:
        app.change_profile(account_id=bob, username="ADA")

    assert refused.value.code == "username_taken"
    assert len(log(app)) == before


@pytest.mark.feature("I-03")
def test_the_old_username_is_free_again_and_the_new_one_signs_in():
    app = founded()
    ada = register_verified(app)["id"]
    bob = register(app, BOB)["id"]

    app.change_profile(account_id=ada, username="countess")

    assert app.change_profile(account_id=bob, username="Ada")["username"] == "Ada"
    assert app.start_session(username="Countess", password=PASSWORD, now=NOON)["account"]["id"] == ada


@pytest.mark.feature("I-03")
def test_another_letter_case_of_the_own_username_is_only_a_new_spelling():
    app = founded()
    id = register(app)["id"]
    before = len(log(app))

    assert app.change_profile(account_id=id, username="Ada")["username"] == "Ada"
    assert topics(app, before) == ["identity.account.profile_changed"]


@pytest.mark.feature("I-03")
def test_a_changed_username_is_freed_by_erasure():
    app = founded()
    id = register_verified(app)["id"]
    app.change_profile(account_id=id, username="countess")
    app.erase_account(account_id=id, password=PASSWORD, confirm="countess", now=NOON)

    assert register(app, {**ADA, "username": "countess"})["username"] == "countess"


@pytest.mark.feature("I-04")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_kept_small_and_in_one_format(kind):
    kept = Image.open(io.BytesIO(pictures.cleaned(drawn(kind), MOST)))

    assert (kept.format, kept.size) == ("WEBP", (512, 256))


@pytest.mark.feature("I-04")
def test_what_a_camera_writes_beside_the_picture_is_not_kept():
    exif = Image.Exif()
    exif[0x010F] = "the camera of Ada"

    assert b"camera of Ada" not in pictures.cleaned(drawn("JPEG", exif=exif), MOST)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.feature("I-04")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: b"", "picture_unreadable"),
        (lambda: b"just text in a file named .png", "picture_unreadable"),
        (lambda: SVG, "picture_unreadable"),
        (lambda: drawn()[:200], "picture_unreadable"),
        (lambda: drawn("BMP", (8, 8)), "picture_unreadable"),
        (lambda: drawn("TIFF", (8, 8)), "picture_unreadable"),
        (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "picture_unreadable"),
        (lambda: drawn() + b"\0" * MOST, "picture_too_large"),
        (lambda: drawn(size=(10_000, 10_000)), "picture_too_large"),
    ],
    ids=["nothing", "text", "svg", "cut off", "bmp", "tiff", "only a signature", "many bytes", "many pixels"],
)
def test_what_is_no_picture_or_too_large_is_refused(data, code):
    app = founded()
    id = register(app)["id"]
    before = len(log(app))

    with pytest.raises(Unprocessable) as refused:
        put(app, id, data())

    assert refused.value.code == code
    assert len(log(app)) == before


@pytest.mark.feature("I-04")
def test_a_picture_is_put_replaced_and_removed():
    app = founded()
    id = register(app)["id"]

    first = put(app, id, drawn())["picture_url"]
    second = put(app, id, drawn(size=(10, 10)))["picture_url"]
    before = len(log(app))
    assert put(app, id, drawn(size=(10, 10)))["picture_url"] == second
    assert len(log(app)) == before
    app.delete_picture(account_id=id)
    app.delete_picture(account_id=id)

    assert first.startswith(f"/v1/accounts/{id}/picture?v=")
    assert first != second
    assert app.load(Account, id).picture is None
    assert topics(app, before) == ["identity.account.picture_changed", "identity.picture.removed"]


@pytest.mark.feature("I-04")
def test_an_erased_account_has_no_picture_in_the_log():
    app = founded()
    id = register_verified(app)["id"]
    put(app, id, drawn())
    app.erase_account(account_id=id, password=PASSWORD, confirm="ada", now=NOON)

    assert [event.image.value for event in log(app) if isinstance(event, Picture.Replaced)] == [None]


@pytest.mark.feature("I-17")
@pytest.mark.feature("I-18")
@pytest.mark.feature("I-19")
@pytest.mark.feature("I-20")
@pytest.mark.feature("I-21")
@pytest.mark.feature("I-22")
def test_preferences_that_nobody_chose_are_the_documented_ones():
    assert preferences.complete(None) == {
        "show_hidden_projects": False,
        "hide_examples": False,
        "hidpi_scale_override": True,
        "hide_pro_tips": False,
        "hidden_container_arguments": ["CLEARML_API_SECRET_KEY", "CLEARML_AGENT_GIT_PASS", "AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_KEY"],
        "share_telemetry": False,
    }


@pytest.mark.feature("I-17")
def test_a_choice_changes_only_what_it_names_and_a_repeat_is_no_event():
    app = founded()
    id = register(app)["id"]
    before = len(log(app))

    app.change_preferences(account_id=id, show_hidden_projects=True)
    chosen = app.change_preferences(account_id=id, hide_pro_tips=True, show_hidden_projects=True)

    assert (chosen["show_hidden_projects"], chosen["hide_pro_tips"], chosen["hide_examples"]) == (True, True, False)
    assert [event.names for event in log(app)[before:]] == [["show_hidden_projects"], ["hide_pro_tips"]]


@pytest.mark.feature("I-21")
def test_hiding_no_argument_is_allowed_and_told_to_the_journal():
    app = founded()
    id = register(app)["id"]

    assert app.change_preferences(account_id=id, hidden_container_arguments=[])["hidden_container_arguments"] == []

    told = app.public.publish(log(app)[-1], 1, 0)
    assert (told.type, told.data) == (
        "identity.account.preferences_changed",
        {"account_id": str(id), "names": ["hidden_container_arguments"], "hidden_arguments": 0},
    )


@pytest.mark.feature("I-21")
@pytest.mark.parametrize("wrong", ["X", [""], ["a\nb"], ["x" * 201], ["x"] * 101, [7], None])
def test_a_bad_list_of_arguments_is_refused(wrong):
    with pytest.raises(ValidationError):
        ChangePreferences().load({"account_id": "5f4c3a8e-0000-4000-8000-000000000001", "hidden_container_arguments": wrong})


def test_an_account_that_is_none_has_nothing_to_change():
    app = founded()
    id = register_verified(app)["id"]
    app.erase_account(account_id=id, password=PASSWORD, confirm="ada", now=NOON)

    for change in (app.change_profile, app.change_preferences, app.delete_picture):
        with pytest.raises(NotFound):
            change(account_id=id)
