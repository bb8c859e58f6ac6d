"""Which names of groups are the same to the eye, and which look like a built-in group's."""

import pytest

from services.authz import names
from services.authz.domain.group_name import GroupName, check_name
from services.chassis.errors import Conflict, Unprocessable
from tests.builders.authz import ADA, BOB, VISION

RESERVED = [
    "Admins",
    "ADMINS",
    "admins ",
    " Users",
    "users",
    "Queue admins",
    "QUEUE  ADMINS",
    "queue_admins",
    "Queue-Admins",
    "queueadmins",
    "Аdmins",  # Cyrillic А
    "ΑDMΙΝS",  # Greek Α, Ι, Ν
    "ＡＤＭＩＮＳ",
    "𝐀𝐝𝐦𝐢𝐧𝐬",
    "Adm\u200bins",
    "Admíns",
    "Adm1ns",
    "Admlns",
    "Adrnins",
    "U5ers",
    "uѕеrѕ",
    "#users",
    "Users.",
    "[Users]",
    "ԛueue admins",
]


@pytest.mark.parametrize("name", RESERVED)
def test_no_name_may_look_like_a_built_in_one(name):
    with pytest.raises(Unprocessable) as refusal:
        check_name(name)

    assert refusal.value.code == "group_name_reserved"


@pytest.mark.parametrize(
    "name", ["a|b", "user:*", "#", "*", "team#member", "group:admins", "Team 1", "Пользователи", "管理者", "Super users", "ML"]
)
def test_signs_that_mean_something_elsewhere_are_plain_letters_of_a_name(name):
    check_name(name)


@pytest.mark.parametrize("name", ["\u200b", " ", "\u2060\u00ad"])
def test_a_name_can_be_seen(name):
    with pytest.raises(Unprocessable) as refusal:
        check_name(name)

    assert refusal.value.code == "group_name_invalid"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Team", "TEAM"),
        ("Team", "team "),
        ("Team A", "Team  A"),
        ("Тeam", "Team"),
        ("Straße", "STRASSE"),
        ("ﬁle", "file"),
        ("Te\u200bam", "Team"),
    ],
)
def test_names_that_look_alike_are_one(one, other):
    assert names.key(one) == names.key(other)


@pytest.mark.parametrize(("one", "other"), [("Team 1", "Team l"), ("Resume", "Résumé"), ("a|b", "a:b"), ("Team", "Teams")])
def test_names_that_can_be_told_apart_are_two(one, other):
    assert names.key(one) != names.key(other)


def test_a_name_is_borne_by_one_group_and_is_free_when_it_is_gone():
    name = GroupName.claimed(VISION, "Team", ADA)
    name.claim(ADA)
    with pytest.raises(Conflict) as refusal:
        name.claim(BOB)
    name.release(BOB)
    assert (refusal.value.code, name.group_id) == ("group_name_taken", ADA)

    name.release(ADA)
    name.claim(BOB)

    assert name.group_id == BOB
    assert name.id == GroupName.create_id(VISION, names.key("TEAM"))
