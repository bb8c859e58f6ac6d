"""What client programs keep for their person."""

from uuid import uuid4

import pytest

from services.chassis.domain import Personal
from services.chassis.errors import NotFound, Unprocessable
from services.identity.domain import ClientPreferences
from tests.builders.identity import founded, register, topics

UPDATED = "identity.client_preferences.updated"


@pytest.fixture
def app():
    return founded()


@pytest.fixture
def ada(app):
    return register(app)["id"]


def test_changes_go_to_their_paths_and_leave_the_rest(app, ada):
    app.change_client_preferences(ada, {"view": {"theme": "dark"}, "a.b": 1})
    changed, now = app.change_client_preferences(ada, {"view.columns": ["name"], "a.b": None})
    assert changed
    assert now == {"view": {"theme": "dark", "columns": ["name"]}, "a": {"b": None}}
    assert app.client_preferences(ada) == now


def test_a_path_through_a_value_replaces_it(app, ada):
    app.change_client_preferences(ada, {"a": 1})
    assert app.change_client_preferences(ada, {"a.b": 2})[1] == {"a": {"b": 2}}


def test_a_repeat_changes_nothing(app, ada):
    app.change_client_preferences(ada, {"a": 1})
    changed, now = app.change_client_preferences(ada, {"a": 1})
    assert (changed, now, topics(app).count(UPDATED)) == (False, {"a": 1}, 1)


def test_what_was_kept_before_it_was_told_to_anybody_is_still_there(app, ada):
    kept = ClientPreferences(account_id=ada)
    kept._changed(changes={"view.theme": Personal(ada, "dark")})
    app.save(kept)
    app.change_client_preferences(ada, {"a": 1})
    assert app.client_preferences(ada) == {"view": {"theme": "dark"}, "a": 1}


def test_they_do_not_grow_without_end(app, ada):
    with pytest.raises(Unprocessable):
        app.change_client_preferences(ada, {"a": "x" * 40_000})
    assert app.client_preferences(ada) == {}


def test_of_an_erased_person_no_value_is_left(app, ada):
    app.change_client_preferences(ada, {"a": 1})
    app.forget(ada)
    assert app.client_preferences(ada) == {"a": None}


def test_nobody_has_none(app):
    with pytest.raises(NotFound):
        app.change_client_preferences(uuid4(), {"a": 1})
    assert app.client_preferences(uuid4()) == {}
