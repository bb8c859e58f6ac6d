"""What the gateway remembers, and how it forgets."""

import time
from collections.abc import Callable

import pytest

from gateway.access import FOREVER, OF_DECISIONS, SILENCE, SOURCES, Access, Drops, Memory, Seen, member_scope, member_scopes

VISION, ADA, BOB = "vision", "ada", "bob"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(clock: Clock) -> Access:
    made = Access(clock)
    hear(made)
    return made


def hear(access: Access) -> None:
    for source in SOURCES:
        access.heard(source)


def role(access: Access, answers: list[str], meanwhile: Callable[[], None] = lambda: None) -> str:
    """Asks for Ada's role in vision; ``answers`` holds what the service would say, in turn."""

    def ask() -> str:
        answer = answers.pop(0)
        meanwhile()
        return answer

    return access.through(access.roles, (VISION, ADA), ask, lambda _: member_scopes(VISION, ADA))


def test_what_was_asked_once_is_remembered(access: Access) -> None:
    answers = ["editor"]
    assert [role(access, answers) for _ in range(3)] == ["editor"] * 3


@pytest.mark.parametrize("scope", [VISION, ADA, member_scope(VISION, ADA)])
def test_dropping_anything_a_value_depends_on_forgets_it(access: Access, scope: str) -> None:
    answers = ["editor", "viewer"]
    role(access, answers)
    access.drops.drop(scope)
    assert role(access, answers) == "viewer"


@pytest.mark.parametrize("scope", ["other", BOB, member_scope(VISION, BOB), member_scope("other", ADA)])
def test_dropping_something_else_forgets_nothing(access: Access, scope: str) -> None:
    answers = ["editor"]
    role(access, answers)
    access.drops.drop(scope)
    assert role(access, answers) == "editor"


def test_an_answer_overtaken_by_a_drop_is_used_once_and_not_remembered(access: Access) -> None:
    answers = ["editor", "viewer"]
    assert role(access, answers, meanwhile=lambda: access.drops.drop(ADA)) == "editor"
    assert role(access, answers) == "viewer"


def test_an_answer_overtaken_by_the_loss_of_the_stream_is_not_remembered(access: Access) -> None:
    answers = ["editor", "viewer"]

    def lose() -> None:
        access.deaf()
        hear(access)

    role(access, answers, meanwhile=lose)
    assert role(access, answers) == "viewer"


def test_nothing_is_not_remembered(access: Access) -> None:
    asked = []

    def ask() -> str | None:
        asked.append(1)
        return None

    for _ in range(2):
        access.through(access.roles, (VISION, ADA), ask, lambda _: member_scopes(VISION, ADA))
    assert len(asked) == 2


def test_a_command_drops_also_when_its_answer_was_lost(access: Access) -> None:
    answers = ["editor", "viewer"]
    role(access, answers)
    with pytest.raises(TimeoutError), access.dropping(ADA):
        raise TimeoutError
    assert role(access, answers) == "viewer"


@pytest.mark.parametrize("silent", SOURCES)
def test_a_source_that_is_silent_for_two_seconds_makes_every_answer_be_asked_anew(access: Access, clock: Clock, silent: str) -> None:
    answers = ["editor", "viewer", "admin"]
    role(access, answers)
    clock.now += SILENCE + 0.1
    for source in SOURCES:
        if source != silent:
            access.heard(source)
    assert [role(access, answers), role(access, answers)] == ["viewer", "admin"]
    assert access.bypassed == 2


def test_a_silent_authz_takes_only_the_decisions_trust(access: Access, clock: Clock) -> None:
    clock.now += SILENCE + 0.1
    for source in SOURCES:
        access.heard(source)
    assert access.trusted()
    assert not access.trusted(OF_DECISIONS)


def asked_for(access: Access, keys: list[str], answers: dict[str, str | None]) -> tuple[list[str | None], list[str]]:
    """What ``through_all`` answers, and which of the keys it had to ask for."""
    missing: list[str] = []

    def ask(indexes: list[int]) -> list[str | None]:
        missing.extend(keys[index] for index in indexes)
        return [answers[keys[index]] for index in indexes]

    return access.through_all(access.decisions, keys, ask, lambda index: (keys[index],), lambda _: FOREVER), missing


def test_of_many_only_what_is_not_remembered_is_asked_for_at_once(access: Access) -> None:
    access.heard("authz")
    answers = {"a": "1", "b": None, "c": "3"}
    assert asked_for(access, ["a", "b"], answers) == (["1", None], ["a", "b"])
    assert asked_for(access, ["c", "a", "b"], answers) == (["3", "1", None], ["c", "b"])
    access.drops.drop("a")
    assert asked_for(access, ["a", "c"], answers) == (["1", "3"], ["a"])


def test_what_is_asked_while_the_stream_is_silent_is_not_remembered(access: Access, clock: Clock) -> None:
    answers = ["editor", "viewer"]
    clock.now += SILENCE + 0.1
    role(access, answers)
    hear(access)
    assert role(access, answers) == "viewer"


def test_nothing_is_trusted_before_each_source_was_heard(clock: Clock) -> None:
    access = Access(clock)
    assert not access.trusted()
    access.heard(SOURCES[0])
    clock.now += 1
    assert not access.trusted()
    assert [access.silence()[source] for source in SOURCES] == [1, float("inf")]
    hear(access)
    assert access.trusted()


def test_a_full_memory_forgets_what_was_used_longest_ago() -> None:
    memory = Memory(Drops(), size=2)
    for name in ("a", "b"):
        memory.remember(name, name, (), 0)
    memory.recall("a")
    memory.remember("c", "c", (), 0)
    assert [memory.recall(name) for name in ("a", "b", "c")] == ["a", None, "c"]
    assert len(memory) == 2


def test_a_drop_that_fell_out_of_the_full_list_still_counts() -> None:
    drops = Drops(size=2)
    for scope in (ADA, "x", "y"):
        drops.drop(scope)
    assert drops.hit((ADA,), since=0)
    assert not drops.hit((ADA,), since=drops.now)


def test_positions_seen_only_grow() -> None:
    seen = Seen()
    seen.note(VISION, 7)
    seen.note(VISION, 5)
    assert (seen.of(VISION), seen.of("other")) == (7, 0)


def test_a_position_that_fell_out_of_the_full_list_counts_for_every_workspace() -> None:
    seen = Seen(size=2)
    for position, workspace_id in enumerate(("a", "b", "c"), start=1):
        seen.note(workspace_id, position)
    assert (seen.of("a"), seen.of("c"), seen.of("unknown")) == (1, 3, 1)


def test_a_value_is_not_remembered_beyond_its_end(access: Access) -> None:
    answers = ["editor", "viewer"]

    def asked(until: float) -> str:
        return access.through(access.roles, (VISION, ADA), lambda: answers.pop(0), lambda _: member_scopes(VISION, ADA), lambda _: until)

    assert [asked(time.time() - 1), asked(time.time() + 60), asked(0)] == ["editor", "viewer", "viewer"]
