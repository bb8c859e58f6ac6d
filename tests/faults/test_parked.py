from tests.faults.person import Person
from tests.faults.truth import Truth
from tests.kit.installations import Installation
from tests.servers import eventually


def test_an_event_whose_reaction_keeps_failing_is_parked_listed_and_done_by_a_retry(
    cluster: Installation, operator: Person, workspace: str, truth: Truth
) -> None:
    operator.invite(workspace, "first@example.org")
    truth.await_calm()
    cluster.outbox.rename(kept := cluster.outbox.with_suffix(".kept"))
    cluster.outbox.touch()
    operator.invite(workspace, "stuck@example.org")
    event = truth.events("workspaces")[-1].id
    eventually(lambda: truth.db("workspaces").all("SELECT * FROM parked_events"))
    assert event in cluster.command("events", "parked").stdout
    failed = cluster.command("events", "retry", event)
    assert failed.returncode == 1
    assert event in cluster.command("events", "parked").stdout
    cluster.outbox.unlink()
    kept.rename(cluster.outbox)
    operator.invite(workspace, "later@example.org")
    truth.await_calm()
    assert cluster.command("events", "retry", event).returncode == 0
    assert "no event is parked" in cluster.command("events", "parked").stdout
    truth.check()


def test_an_event_is_not_parked_because_its_worker_ends_while_it_waits_to_try_again(
    cluster: Installation, operator: Person, workspace: str, truth: Truth
) -> None:
    worker = cluster.worker("workspaces")
    operator.invite(workspace, "before@example.org")
    truth.await_calm()
    cluster.outbox.rename(kept := cluster.outbox.with_suffix(".kept"))
    cluster.outbox.touch()
    operator.invite(workspace, "interrupted@example.org")
    event = truth.events("workspaces")[-1].id
    eventually(lambda: f"to {event} failed, try 2" in worker.log.read_text())
    worker.terminate()
    assert worker.ended() == 0
    cluster.outbox.unlink()
    kept.rename(cluster.outbox)
    assert truth.db("workspaces").all("SELECT * FROM parked_events") == []
    worker.start()
    truth.check()
