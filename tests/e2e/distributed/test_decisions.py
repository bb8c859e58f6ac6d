"""What gateways remember of decisions is what authz decides, whatever changes, at the gateway that changed it and at others."""

import random
from collections.abc import Callable

import pytest

from tests.kit.installations import Installation, second_gateway
from tests.kit.people import Person
from tests.servers import eventually
from tests.workers import take_turn

STEPS = 40
ACTIONS = ("read", "modify")
THINGS = [("project", "p"), ("project", "q"), ("task", "t0"), ("task", "t1"), ("task", "t2"), ("queue", "k"), ("model", "unknown")]
CHECKS = [{"action": action, "resource": {"type": type, "id": id}} for action in ACTIONS for type, id in THINGS]


class Play:
    """Random changes by an administrator, always the same for a seed."""

    def __init__(self, gatehouse: Installation, seed: int) -> None:
        self.dice = random.Random(seed)
        self.olivia, self.ada, self.vera = (Person(gatehouse, name).arrived() for name in ("olivia", "ada", "vera"))
        self.path = self.olivia.workspace()
        for person, role in ((self.ada, "editor"), (self.vera, "viewer")):
            self.olivia.welcome(self.path, person, role)
        self.rules: list[str] = []
        self.group = self.done("POST", "groups", {"name": "Team", "members": [self.vera.account["id"]]})["id"]
        for type, id in THINGS[:5]:
            self.done(
                "PUT", f"resources/{type}/{id}", {"name": id, "parent": None if type == "project" else {"type": "project", "id": "p"}}
            )

    def step(self) -> None:
        moves: list[Callable[[], None]] = [self.close, self.open, self.regroup, self.move, self.promote, self.rejoin]
        self.dice.choice(moves)()

    def close(self) -> None:
        type, id = self.dice.choice(THINGS[:5])
        who = self.dice.choice(({"users": [self.ada.account["id"]]}, {"groups": [self.group]}))
        rule = {"resource_type": type, "resource_id": self.dice.choice((id, None)), "permission": self.dice.choice(ACTIONS)}
        self.rules.append(self.done("POST", "rules", rule | who)["id"])

    def open(self) -> None:
        if self.rules:
            self.done("DELETE", f"rules/{self.rules.pop(self.dice.randrange(len(self.rules)))}")

    def regroup(self) -> None:
        members = [person.account["id"] for person in (self.ada, self.vera) if self.dice.random() < 0.5]
        self.done("PATCH", f"groups/{self.group}", {"members": members})

    def move(self) -> None:
        body = {"name": "moved", "parent": {"type": "project", "id": self.dice.choice("pq")}}
        self.done("PUT", f"resources/task/t{self.dice.randrange(3)}", body)

    def promote(self) -> None:
        self.done("PATCH", f"members/{self.ada.account['id']}", {"role": self.dice.choice(("editor", "viewer", "admin"))})

    def rejoin(self) -> None:
        self.done("DELETE", f"members/{self.vera.account['id']}")
        self.olivia.welcome(self.path, self.vera, "viewer")

    def done(self, method: str, path: str, body: object = None) -> dict:
        answer = self.olivia.call(method, f"{self.path}/{path}", body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else {}

    def remembered(self, person: Person, gateway: Installation) -> list[bool]:
        answer = person.at(gateway).post(f"{self.path}/check:batch", {"checks": CHECKS})
        assert answer.ok, answer.text
        return [result["allowed"] for result in answer.json()["results"]]

    def decided(self, person: Person) -> list[bool]:
        """By authz itself: a reason is never remembered."""
        return [person.post(f"{self.path}/check", check | {"explain": True}).json()["allowed"] for check in CHECKS]


@pytest.mark.parametrize("seed", [1, 2])
def test_two_gateways_remember_what_authz_decides_through_random_changes(distributed_gatehouse: Installation, seed: int) -> None:
    with second_gateway(distributed_gatehouse) as other:
        play = Play(distributed_gatehouse, seed)
        for _ in range(STEPS):
            take_turn()
            play.step()
            for person in (play.ada, play.vera):
                decided = play.decided(person)
                assert play.remembered(person, distributed_gatehouse) == decided
                eventually(lambda person=person, decided=decided: play.remembered(person, other) == decided, within=5)
