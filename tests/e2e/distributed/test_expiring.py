"""A key that is about to expire: found by whichever worker looks, told in the app and by mail, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tests.kit.installations import Installation
from tests.kit.people import Person
from tests.servers import eventually


def test_who_has_a_key_that_expires_soon_is_told_in_the_app_and_by_mail(distributed_gatehouse: Installation) -> None:
    ada = Person(distributed_gatehouse, "ada").arrived()
    end, end_later = ((datetime.now(UTC) + timedelta(days=days)).isoformat() for days in (3, 4))
    token = ada.post("/v1/account/tokens", {"name": "ci", "scopes": ["workspaces"], "expires_at": end}).json()
    vision = ada.workspace()
    pair = ada.post(f"{vision}/credentials", {"label": "laptop", "expires_at": end}).json()

    with _another_worker(distributed_gatehouse):
        notices = eventually(lambda: found if len(found := _notices(ada)) == 2 else [])
        mails = eventually(lambda: found if len(found := _mails(ada)) == 2 else [])
    assert {notice["workspace_id"] for notice in notices} == {None, vision.rpartition("/")[2]}
    assert token["id"] in {notice["subject_id"] for notice in notices}
    assert sum(pair["access_key"] in mail for mail in mails) == 1

    later = ada.post("/v1/account/tokens", {"name": "later", "scopes": ["workspaces"], "expires_at": end_later}).json()
    with _another_worker(distributed_gatehouse):
        # The most urgent come first: once this one is told of, whatever would have been told twice has been.
        eventually(lambda: later["id"] in {notice["subject_id"] for notice in _notices(ada)})
    assert len(_notices(ada)) == 3


@contextmanager
def _another_worker(gatehouse: Installation) -> Iterator[None]:
    """A worker looks when it starts, and then every ten minutes."""
    replica = gatehouse.add("work", "identity")
    replica.start()
    yield
    gatehouse.dismiss(replica)


def _notices(person: Person) -> list[dict[str, str]]:
    return [each for each in person.get("/v1/account/notices").json()["items"] if each["kind"] == "credential_expiring"]


def _mails(person: Person) -> list[str]:
    texts = [path.read_text() for path in person.gatehouse.outbox.glob("*.eml")]
    return [text for text in texts if person.email in text and "expires soon" in text]
