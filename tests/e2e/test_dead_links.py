"""Whoever makes up invitation links is stopped, by the address they come from."""

import pytest

from tests.kit.installations import Installation
from tests.kit.people import Person
from tests.servers import eventually


@pytest.mark.feature("W-06")
def test_who_makes_up_links_is_told_to_wait_and_nobody_else(gatehouse: Installation, ada: Person) -> None:
    link = ada.post(f"{ada.workspace()}/invitations", {"open": True, "max_uses": 3}).json()["link"].rpartition("/")[2]
    guesser = Person(gatehouse, "guesser")
    assert guesser.get(f"/v1/invitations/{link}").status_code == 200

    answers: list[str] = []

    def stopped() -> bool:
        answers.append(guesser.get(f"/v1/invitations/gi_{len(answers)}").json()["code"])
        return answers[-1] == "too_many_attempts"

    eventually(stopped, every=0)

    assert set(answers[:-1]) == {"invitation_unknown"}
    assert len(answers) > 60
    refused = guesser.get(f"/v1/invitations/{link}")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert ada.post(f"/v1/invitations/{link}/accept").status_code == 200
