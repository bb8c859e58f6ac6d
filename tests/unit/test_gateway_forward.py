"""Handing live updates on to another server."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import flask
import pytest

from gateway.studio.forward import forward
from services.chassis.settings import SettingError, Settings
from tests.servers import free_port, serving


class Upstream(BaseHTTPRequestHandler):
    """Answers what the test has said and keeps what it was sent."""

    status, said, seen = 200, b"{}", []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).seen.append((self.path, self.headers["Authorization"], body))
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(self.said)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def upstream() -> Iterator[type[Upstream]]:
    kind = type("Fresh", (Upstream,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), kind)
    kind.url = f"http://127.0.0.1:{server.server_port}/studio/"
    with serving(server):
        yield kind


def hand_on(url: str) -> tuple[int, dict]:
    with flask.Flask("test").app_context():
        answer = forward(Settings(secret_key="k" * 32, live_forward_url=url, live_forward_token="isat_theirs"), "api/live", b'{"a": 1}')
        return answer.status_code, json.loads(answer.data)


def test_the_other_server_gets_the_body_and_the_operators_token(upstream: type[Upstream]) -> None:
    upstream.said = b'{"url": "http://x"}'
    assert hand_on(upstream.url) == (200, {"url": "http://x"})
    assert upstream.seen == [("/studio/api/live", "token isat_theirs", b'{"a": 1}')]


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (200, b"not json", (200, {})),
        (422, b'{"detail": "bad sha"}', (422, {"detail": "bad sha"})),
        (422, b"[]", (422, {"detail": "The upstream server refused this."})),
        (401, b'{"detail": "no"}', (502, {"detail": "The upstream server answered 401."})),
        (302, b"", (502, {"detail": "The upstream server answered 302."})),
        (500, b"x", (502, {"detail": "The upstream server answered 500."})),
    ],
)
def test_only_refusals_of_the_report_itself_reach_the_client(upstream: type[Upstream], status: int, said: bytes, expected: tuple) -> None:
    upstream.status, upstream.said = status, said
    assert hand_on(upstream.url) == expected
    assert len(upstream.seen) == 1


def test_a_server_that_is_away_is_told_as_such() -> None:
    assert hand_on(f"http://127.0.0.1:{free_port()}")[0] == 502


def test_other_kinds_of_address_stop_the_start() -> None:
    environ = {"DATABASE_URL": "x", "AMQP_URL": "x", "GATEHOUSE_SECRET_KEY": "k" * 32, "GATEHOUSE_LIVE_FORWARD_URL": "file:///etc"}
    with pytest.raises(SettingError):
        Settings.load(environ)
