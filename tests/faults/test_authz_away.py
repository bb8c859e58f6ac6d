"""Nobody who decides: what is remembered holds while news of changes can come, everything else is refused."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults.person import Person
from tests.faults.truth import Truth
from tests.kit.installations import Installation
from tests.servers import eventually


def ask(person: Person, workspace: str, task: str) -> tuple[int, bool | None]:
    answer = person.send("POST", f"/workspaces/{workspace}/check", {"action": "read", "resource": {"type": "task", "id": task}})
    return answer.status_code, answer.json().get("allowed")


def verify(person: Person, workspace: str, task: str) -> int:
    need = {"X-Gatehouse-Workspace": workspace, "X-Gatehouse-Type": "task", "X-Gatehouse-Id": task}
    return super(Person, person).call("GET", "/v1/verify", headers=need).status_code


def remembered(cluster: Installation, person: Person, workspace: str, task: str) -> bool:
    """Whether the gateway answers without asking; what it hears late may make it forget."""
    before = cluster.decisions_remembered()
    assert ask(person, workspace, task) == (200, True)
    return cluster.decisions_remembered() > before


def test_without_authz_only_what_is_remembered_is_answered_and_nothing_once_its_news_stop(
    cluster: Installation, operator: Person, workspace: str, truth: Truth
) -> None:
    truth.await_calm()
    eventually(lambda: remembered(cluster, operator, workspace, "known"))

    cluster.service("authz").kill()
    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        asked, verified = (pool.submit(question, operator, workspace, "new") for question in (ask, verify))
    assert (asked.result(), verified.result()) == ((503, None), 503)
    assert time.monotonic() - began < 6
    # Not at once where the news of it is late; but as nobody can decide, only what is remembered is ever answered.
    eventually(lambda: ask(operator, workspace, "known") == (200, True), within=10)

    # Whoever publishes authz's events is silent now: a change could have been made that nobody hears of.
    cluster.worker("authz").kill()
    eventually(lambda: ask(operator, workspace, "known") == (503, None), within=10)
    assert verify(operator, workspace, "known") == 503

    cluster.start()
    eventually(lambda: ask(operator, workspace, "new") == (200, True))
    assert verify(operator, workspace, "known") == 200


def test_a_slow_authz_is_not_waited_for_longer_than_promised(cluster: Installation, operator: Person, workspace: str) -> None:
    service = cluster.service("authz")
    service.pause()
    try:
        began = time.monotonic()
        assert ask(operator, workspace, "slow") == (503, None)
        assert time.monotonic() - began < 6
    finally:
        service.resume()
    eventually(lambda: ask(operator, workspace, "slow") == (200, True))
