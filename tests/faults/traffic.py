"""People at work while something breaks: their commands, and what they were told of each."""

import threading
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import Self

from tests.faults.person import Person
from tests.servers import eventually

# Seconds from one answer to the next command of a client: as much traffic as there can be would leave the processors to nothing else.
PACE = 0.03

_numbers = count(1)


class Traffic:
    """Until the block ends, two clients create workspaces and invite guests, and people sign up; each sends again what fails."""

    def __init__(self, operator: Person, workspace: str) -> None:
        self.invited: list[str] = []
        self.registered: list[str] = []
        self.created: list[str] = []
        self._operator, self._workspace = operator, workspace
        self._stop = threading.Event()
        self._failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._work, args=(self._invite,)), threading.Thread(target=self._work, args=(self._both,))]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._failures and error is None:
            raise self._failures[0]

    def await_more(self, invitations: int = 1) -> None:
        """Until so many more have been answered."""
        enough = len(self.invited) + invitations
        eventually(lambda: len(self.invited) >= enough)

    def _work(self, step: Callable[[], None]) -> None:
        try:
            while not self._stop.wait(PACE):
                step()
        except BaseException as error:
            self._failures.append(error)

    def _invite(self) -> None:
        self.created.append(self._operator.create_workspace(f"made amid traffic {next(_numbers)}")["name"])
        self.invited.append(self._operator.invite(self._workspace, f"guest{next(_numbers)}@example.org")["id"])

    def _both(self) -> None:
        self._sign_up()
        for _ in range(10):
            self._invite()

    def _sign_up(self) -> None:
        newcomer = Person(self._operator.gatehouse, "newcomer")
        self.registered.append(newcomer.sign_up().json()["id"])
