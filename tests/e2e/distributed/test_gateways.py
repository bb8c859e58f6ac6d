"""Several gateways: what one changes, the others forget; and none trusts its memory when it hears nothing."""

import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from statistics import quantiles

import pytest

from gateway.access import SILENCE
from tests.kit.installations import Installation, second_gateway
from tests.kit.people import Person
from tests.servers import eventually
from tests.workers import alone

READ = {"action": "read", "resource": {"type": "project", "id": "segmentation"}}


@pytest.fixture
def other(distributed_gatehouse: Installation) -> Iterator[Installation]:
    with second_gateway(distributed_gatehouse) as second:
        yield second


@pytest.fixture
def olivia(distributed_gatehouse: Installation) -> Person:
    return Person(distributed_gatehouse, "olivia").arrived()


@pytest.fixture
def ada(distributed_gatehouse: Installation, other: Installation) -> Person:
    """Signs in at the first gateway and works at the second."""
    person = Person(distributed_gatehouse, "ada").arrived()
    person.gatehouse = other
    return person


def trusted(gatehouse: Installation) -> bool:
    return gatehouse.gateway.metric("gatehouse_access_cache_trusted") == 1


def test_a_removal_at_one_gateway_is_refused_at_the_other_within_a_tenth_of_a_second(olivia: Person, ada: Person) -> None:
    vision = olivia.workspace()
    with alone():
        delays = [_seconds_until_removed(olivia, vision, ada) for _ in range(20)]
    assert quantiles(delays, n=20)[-1] < 0.1, delays


def _seconds_until_removed(olivia: Person, vision: str, ada: Person) -> float:
    olivia.welcome(vision, ada)
    eventually(lambda: _allowed(ada, vision))
    hits = ada.gatehouse.decisions_remembered()
    eventually(lambda: _allowed(ada, vision) and ada.gatehouse.decisions_remembered() > hits)
    assert olivia.delete(f"{vision}/members/{ada.account['id']}").status_code == 204
    began = time.perf_counter()
    eventually(lambda: not _allowed(ada, vision), every=0.001)
    return time.perf_counter() - began


def test_a_session_ended_at_one_gateway_is_refused_at_the_other(olivia: Person, ada: Person) -> None:
    assert ada.get("/v1/account").status_code == 200
    here = Person(olivia.gatehouse, "ada")
    here.token = ada.token
    assert here.delete("/v1/sessions/current").status_code == 204
    eventually(lambda: ada.get("/v1/account").status_code == 401, within=2)


def test_a_credential_revoked_at_one_gateway_is_refused_at_the_other_within_a_tenth_of_a_second(
    olivia: Person, other: Installation
) -> None:
    vision, elsewhere = olivia.workspace(), Person(other, "olivia")
    with alone():
        for made in (_token, _regenerated_token, _key_pair):
            delays = [_seconds_until_refused(olivia, elsewhere, vision, *made(olivia, vision)) for _ in range(10)]
            assert quantiles(delays, n=10)[-1] < 0.1, (made, delays)


def _token(olivia: Person, vision: str) -> tuple[str, str, str]:
    """A credential as a header says it, and the method and path that revoke it."""
    token = olivia.post("/v1/account/tokens", {"name": "ci", "scopes": ["workspaces"]}).json()
    return f"Bearer {token['token']}", "DELETE", f"/v1/account/tokens/{token['id']}"


def _regenerated_token(olivia: Person, vision: str) -> tuple[str, str, str]:
    header, _, path = _token(olivia, vision)
    return header, "POST", f"{path}/regenerate"


def _key_pair(olivia: Person, vision: str) -> tuple[str, str, str]:
    pair = olivia.post(f"{vision}/credentials", {}).json()
    both = b64encode(f"{pair['access_key']}:{pair['secret_key']}".encode()).decode()
    return f"Basic {both}", "DELETE", f"{vision}/credentials/{pair['access_key']}"


def _seconds_until_refused(olivia: Person, elsewhere: Person, vision: str, header: str, method: str, path: str) -> float:
    def status() -> int:
        return elsewhere.get(vision, headers={"Authorization": header}).status_code

    assert [status(), status()] == [200, 200]
    assert olivia.call(method, path).ok
    began = time.perf_counter()
    eventually(lambda: status() == 401, every=0.001)
    return time.perf_counter() - began


def test_a_gateway_that_hears_nothing_asks_every_time_and_trusts_itself_again_afterwards(
    distributed_gatehouse: Installation, olivia: Person, ada: Person
) -> None:
    vision, worker = olivia.workspace(), distributed_gatehouse.worker("workspaces")
    olivia.welcome(vision, ada)
    eventually(lambda: _allowed(ada, vision))
    worker.stop()
    try:
        # Of workspaces itself: on a busy machine others may be silent for a moment, and what they do not tell of is still believed.
        eventually(lambda: ada.gatehouse.gateway.metric("gatehouse_access_cache_silence_seconds", source="workspaces") > SILENCE)
        assert olivia.delete(f"{vision}/members/{ada.account['id']}").status_code == 204
        assert not _allowed(ada, vision)
    finally:
        worker.start()
    eventually(lambda: trusted(ada.gatehouse))
    assert not _allowed(ada, vision)


def test_a_gateway_that_is_asked_to_stop_finishes_what_it_has_begun(distributed_gatehouse: Installation, olivia: Person) -> None:
    with second_gateway(distributed_gatehouse) as leaving:
        host, _, port = leaving.http.partition(":")
        body = b'{"name": "the last one"}'
        head = f"POST /v1/workspaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {olivia.token}\r\nContent-Type: application/json\r\n"
        with (
            socket.create_connection((host, int(port)), timeout=20) as idle,
            socket.create_connection((host, int(port)), timeout=20) as busy,
        ):
            busy.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
            eventually(lambda: trusted(leaving))
            leaving.gateway.terminate()
            eventually(lambda: _refuses(host, int(port)), within=10)
            busy.sendall(body[5:])
            assert busy.recv(65536).startswith(b"HTTP/1.1 201")
            assert idle.recv(1) == b""
        assert leaving.gateway.ended(within=20) == 0


def _allowed(person: Person, path: str) -> bool:
    answer = person.post(f"{path}/check", READ)
    assert answer.status_code in (200, 404), answer.text
    return answer.status_code == 200 and answer.json()["allowed"]


def _refuses(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False
