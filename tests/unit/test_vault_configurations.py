"""Configuration vaults: saved, versioned, switched on and off; their texts sealed and in no event."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.chassis.errors import InvalidInput, NotFound, PreconditionFailed
from services.chassis.settings import Settings
from services.vault.application import Vault
from services.vault.configuration import telling
from services.vault.domain import Configuration

pytestmark = pytest.mark.unit

WORKSPACE = UUID("00000000-0000-4000-8000-0000000000aa")
ADA = UUID("00000000-0000-4000-8000-00000000000b")
TEAM = UUID("00000000-0000-4000-8000-0000000000cc")
TEXT = '# of Ada\r\nsdk.aws.key = "hunter2"\n\n'


@pytest.fixture
def app() -> Vault:
    return Vault.in_memory(Settings(secret_key="k" * 32))


def own(app: Vault, revision: int | None = None, **change: Any) -> dict[str, Any]:
    return app.change_configuration(workspace_id=WORKSPACE, account_id=ADA, revision=revision, **change)


def team(app: Vault, content: str = "a = 1", **more: Any) -> dict[str, Any]:
    return app.create_configuration(workspace_id=WORKSPACE, name="Team", group_ids=[TEAM], format="hocon", content=content, **more)


def states(app: Vault) -> list[bytes]:
    return [each.state for each in app.recorder.select_notifications(1, 10_000)]


def topics(app: Vault) -> list[str]:
    return [each.topic for each in app.recorder.select_notifications(1, 10_000)]


@pytest.mark.feature("V-01")
@pytest.mark.parametrize(
    ("format", "content"), [("hocon", TEXT), ("json", '{ "a" :1}\r\n'), ("yaml", "# é\na:   1\n"), ("hocon", ""), ("yaml", "\n\n")]
)
def test_saved_text_comes_back_as_it_was(app: Vault, format: str, content: str) -> None:
    assert own(app, format=format, content=content)["content"] == content
    found = app.get_configuration(WORKSPACE, account_id=ADA)
    assert (found["format"], found["content"], found["edition"], found["size"]) == (format, content, 1, len(content.encode()))


def test_before_it_is_saved_there_is_an_empty_one_that_is_off(app: Vault) -> None:
    found = app.get_configuration(WORKSPACE, account_id=ADA)
    assert (found["content"], found["enabled"], found["edition"], found["updated_at"]) == ("", False, 0, None)
    assert not topics(app)


def test_the_first_save_needs_the_version_that_the_empty_one_told(app: Vault) -> None:
    untouched = app.get_configuration(WORKSPACE, account_id=ADA)["revision"]
    with pytest.raises(PreconditionFailed):
        own(app, untouched + 1, content="a = 1")
    own(app, untouched, content="a = 1")
    with pytest.raises(PreconditionFailed):
        own(app, untouched, content="a = 2")


def test_two_editors_cannot_overwrite_each_other_unseen(app: Vault) -> None:
    read = own(app, content="a = 1")["revision"]
    own(app, read, content="a = 2")
    with pytest.raises(PreconditionFailed) as refused:
        own(app, read, content="a = 3")
    found = app.get_configuration(WORKSPACE, account_id=ADA)
    assert found["content"] == "a = 2"
    assert refused.value.fields["etag"] == found["revision"]


@pytest.mark.feature("V-02")
def test_the_switch_leaves_the_text_and_the_text_leaves_the_switch(app: Vault) -> None:
    own(app, content=TEXT, enabled=True)
    assert own(app, enabled=False)["content"] == TEXT
    assert own(app, content="a = 1")["enabled"] is False
    assert topics(app)[-2:] == ["vault.configuration.disabled", "vault.configuration.saved"]


def test_the_same_text_again_changes_nothing(app: Vault) -> None:
    own(app, content=TEXT, enabled=True)
    before = len(topics(app))
    assert own(app, content=TEXT, enabled=True)["edition"] == 1
    assert len(topics(app)) == before


def test_another_format_is_another_version_of_the_same_text(app: Vault) -> None:
    own(app, content='{"a": 1}', format="json")
    found = own(app, format="yaml")
    assert (found["content"], found["format"], found["edition"]) == ('{"a": 1}', "yaml", 2)


@pytest.mark.feature("V-06")
def test_what_is_refused_changes_nothing(app: Vault) -> None:
    own(app, content="a = 1", enabled=True)
    before = len(topics(app))
    with pytest.raises(InvalidInput, match=r"agent\.worker_id"):
        own(app, content="agent.worker_id = x", enabled=False)
    assert len(topics(app)) == before
    assert app.get_configuration(WORKSPACE, account_id=ADA)["enabled"] is True


@pytest.mark.feature("V-08")
def test_the_summary_names_keys_and_never_shows_a_value(app: Vault) -> None:
    found = own(app, content=TEXT)
    assert found["keys"] == ["sdk.aws.key"]
    assert "hunter2" not in str(found["keys"])


def test_texts_and_names_of_keys_are_in_no_event(app: Vault) -> None:
    own(app, content=TEXT)
    team(app, content=TEXT)
    assert not any(word in state for state in states(app) for word in (b"hunter2", b"of Ada", b"sdk.aws", b"Team"))


@pytest.mark.feature("V-05")
def test_an_administrator_keeps_any_number_each_with_name_groups_and_switch(app: Vault) -> None:
    one, other = team(app), team(app, enabled=True)
    other_group = uuid4()
    changed = app.change_configuration(
        WORKSPACE, other["revision"], configuration_id=other["id"], name="Others", group_ids=[TEAM, other_group]
    )
    assert (changed["name"], changed["group_ids"], changed["enabled"]) == ("Others", [TEAM, other_group], True)
    assert app.get_configuration(WORKSPACE, configuration_id=one["id"])["name"] == "Team"


def test_what_is_gone_or_elsewhere_or_somebody_elses_is_not_found(app: Vault) -> None:
    made, mine = team(app), own(app, content=TEXT)
    with pytest.raises(NotFound):
        app.get_configuration(uuid4(), configuration_id=made["id"])
    # A person's own is no administrator's, by whatever id it is asked for.
    with pytest.raises(NotFound):
        app.get_configuration(WORKSPACE, configuration_id=mine["id"])
    app.delete_configuration(WORKSPACE, made["id"], made["revision"])
    with pytest.raises(NotFound):
        app.get_configuration(WORKSPACE, configuration_id=made["id"])


def test_deleting_destroys_every_version(app: Vault) -> None:
    made = team(app)
    app.change_configuration(WORKSPACE, None, configuration_id=made["id"], content="a = 2")
    deleted = app.load(Configuration, made["id"])
    app.delete_configuration(WORKSPACE, made["id"], None)
    for edition in (1, 2):
        with pytest.raises(NotFound, match="secret_destroyed"):
            app._text_of(deleted, edition)


def test_every_version_is_kept_and_can_be_compared_and_saved_once_more(app: Vault) -> None:
    own(app, content="a = 1, b = 1")
    own(app, content="a = 2, c { d = 1 }")
    whose = {"workspace_id": WORKSPACE, "account_id": ADA}
    assert app.compare_editions(**whose, older=1, newer=2) == {
        "older": 1,
        "newer": 2,
        "added": ["c.d"],
        "removed": ["b"],
        "changed": ["a"],
    }
    assert app.get_edition(**whose, edition=1)["content"] == "a = 1, b = 1"
    rolled = app.roll_back(**whose, edition=1, revision=None)
    assert (rolled["edition"], rolled["content"]) == (3, "a = 1, b = 1")
    with pytest.raises(NotFound, match="configuration_version_not_found"):
        app.get_edition(**whose, edition=4)


def test_an_earlier_text_is_judged_by_the_rules_of_today(app: Vault) -> None:
    own(app, content="a = 1")
    own(app, content="a = 2")
    app.settings = replace(app.settings, configuration_bytes=3)
    with pytest.raises(InvalidInput, match="configuration_too_large"):
        app.roll_back(WORKSPACE, 1, None, account_id=ADA)


def test_names_of_keys_can_be_read_back_into_what_has_these_keys():
    names = ["a.b", "a.c.d", '"x.y"."z.1".k', "plain"]
    assert telling.keys(telling.tree(names)) == names
