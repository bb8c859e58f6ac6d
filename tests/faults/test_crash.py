import random
from collections import Counter

import pytest

from services.chassis.public import PublicEvent
from tests.faults.person import Person
from tests.faults.traffic import Traffic
from tests.faults.truth import Truth
from tests.kit.installations import Installation
from tests.kit.processes import Process

KILLED = -9

# Where the power may fail, one after another. The number lets that many pass first, so that the end comes amid traffic.
POINTS = {
    "at-work-on-a-command": (
        ("serve", "workspaces", "store.appended:3"),  # not committed yet: the command has a key, which its transaction is to keep
        ("serve", "workspaces", "workspaces.create_workspace.done:3"),  # committed, not answered
        ("serve", "identity", "identity.register_account.done"),
    ),
    "publishing": (
        ("work", "workspaces", "publisher.read:2"),  # between append and publish
        ("work", "workspaces", "publisher.published:2"),  # between publish and storing the position
        ("work", "identity", "publisher.published:1"),
    ),
    "keeping-a-view": (
        ("work", "audit", "projection.written:2"),  # before the batch's commit
        ("work", "audit", "consumer.applied:2"),  # between applying a batch and acknowledging it
        ("work", "audit", "consumer.acknowledged:2"),
    ),
    "reacting": (
        ("work", "workspaces", "reaction.done:2"),  # between effect, such as a mail, and position
        ("work", "workspaces", "consumer.applied:3"),
    ),
}


def _process(cluster: Installation, verb: str, name: str) -> Process:
    return cluster.service(name) if verb == "serve" else cluster.worker(name)


def _check(truth: Truth, traffic: Traffic) -> None:
    """Each acknowledged command took effect once, and no other did."""
    truth.check()
    invited = Counter(event.data["invitation_id"] for event in _events(truth, "workspaces.member.invited"))
    created = Counter(event.data["name"] for event in _events(truth, "workspaces.workspace.created"))
    registered = Counter(event.subject for event in _events(truth, "identity.account.registered"))
    assert [invited[id] for id in traffic.invited] == [1] * len(traffic.invited)
    assert [created[name] for name in traffic.created] == [1] * len(traffic.created)
    assert [registered[id] for id in traffic.registered] == [1] * len(traffic.registered)


def _events(truth: Truth, kind: str) -> list[PublicEvent]:
    return truth.events(kind.partition(".")[0], kind)


@pytest.mark.parametrize("points", POINTS.values(), ids=POINTS)
def test_a_process_killed_anywhere_loses_nothing_and_doubles_nothing(
    cluster: Installation, operator: Person, workspace: str, truth: Truth, points: tuple[tuple[str, str, str], ...]
) -> None:
    with Traffic(operator, workspace) as traffic:
        for verb, name, point in points:
            process = _process(cluster, verb, name)
            process.kill()
            process.start(GATEHOUSE_CRASH_AT=point)
            assert process.ended() == KILLED, point
            process.start()
            process.await_ready()
            traffic.await_more()
    _check(truth, traffic)


def test_a_command_without_a_key_is_not_repeated_when_its_service_is_killed_between_append_and_answer(
    cluster: Installation, operator: Person, workspace: str, truth: Truth
) -> None:
    service = cluster.service("workspaces")
    service.kill()
    service.start(GATEHOUSE_CRASH_AT="workspaces.create_workspace.done")
    position = truth.head("workspaces")
    refused = operator.send("POST", "/workspaces", {"name": "once"})
    assert service.ended() == KILLED
    assert refused.status_code == 503
    cluster.start()
    assert [event.type for event in truth.events("workspaces", after=position)] == [
        "workspaces.workspace.created",
        "workspaces.member.joined",
    ]
    truth.check()


@pytest.mark.parametrize("projection", ["audit.journal", "workspaces.members"])
def test_a_rebuild_killed_before_within_or_after_its_swap_leaves_whole_views_that_go_on(
    cluster: Installation, operator: Person, workspace: str, truth: Truth, projection: str
) -> None:
    with Traffic(operator, workspace) as traffic:
        for point in ("rebuild.filled", "rebuild.traded", "rebuild.swapped"):
            done = cluster.command("projections", "rebuild", projection, GATEHOUSE_CRASH_AT=point)
            assert done.returncode == KILLED, done.stderr
    _check(truth, traffic)


def test_every_process_killed_one_after_another_amid_traffic_loses_nothing(
    cluster: Installation, operator: Person, workspace: str, truth: Truth
) -> None:
    victims = list(cluster)
    random.Random(20).shuffle(victims)
    with Traffic(operator, workspace) as traffic:
        for victim in victims:
            traffic.await_more()
            victim.kill()
            victim.start()
        cluster.await_ready()
    _check(truth, traffic)
