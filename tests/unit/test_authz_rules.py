"""What a rule may say."""

from dataclasses import replace

import pytest

from services.authz.domain import Rule, Terms
from services.chassis.errors import PreconditionFailed, Unprocessable
from tests.builders.authz import NOW, VISION, later

SOUND = Terms(resource_type="task", resource_id="42", permission="read", users={"ada": 1}, groups=[], expires_at=None)


def made(terms: Terms = SOUND) -> Rule:
    return Rule.made(VISION, terms, limit=3, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"users": {}, "groups": []}, "assignees_missing"),
        ({"users": {"ada": 1, "bob": 1}, "groups": ["x", "y"]}, "assignees_too_many"),
        ({"expires_at": NOW}, "expiry_past"),
        ({"expires_at": later(seconds=-1)}, "expiry_past"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_made_and_when_it_is_changed(wrong, code):
    with pytest.raises(Unprocessable) as refusal:
        made(replace(SOUND, **wrong))
    assert refusal.value.code == code

    rule = made()
    with pytest.raises(Unprocessable) as refusal:
        rule.change(replace(SOUND, **wrong), limit=3, now=NOW)

    assert (refusal.value.code, rule.terms, rule.version) == (code, SOUND, 1)


def test_everything_is_changed_in_one_event():
    rule = made()
    other = Terms(resource_type="project", resource_id=None, permission="modify", users={}, groups=["x"], expires_at=later(hours=1))
    rule.change(other, limit=3, now=NOW)

    assert (rule.terms, rule.version) == (other, 2)


def test_the_same_words_are_no_change():
    rule = made()
    rule.change(replace(SOUND), limit=3, now=NOW)

    assert rule.version == 1


def test_a_rule_that_has_expired_may_be_changed_and_stay_expired():
    rule = made(replace(SOUND, expires_at=later(hours=1)))
    rule.change(replace(rule.terms, permission="modify"), limit=3, now=later(hours=2))

    assert rule.permission == "modify"


def test_of_two_edits_of_one_version_the_second_is_refused():
    rule = made()
    rule.expect(1)
    rule.change(replace(SOUND, permission="modify"), limit=3, now=NOW)

    with pytest.raises(PreconditionFailed) as refusal:
        rule.expect(1)

    assert (refusal.value.status, refusal.value.fields) == (412, {"etag": 2})
