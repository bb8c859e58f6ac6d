"""How long a second gateway goes on believing what was revoked at the first, at 200 requests a second of ordinary traffic.

From the moment the revoking call is answered until a request is made that the other gateway refuses: so long it accepted others.
Beside it until that refusal has come, which has the time of a request in it that is no longer answered from memory. Both gateways
were asked right before, and answer from memory until then.
"""

import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import Any

from bench.guest import Guest, done
from bench.installation import PASSWORD, Installation, distributed
from bench.measure import Result, percentile
from bench.servers import Servers
from bench.traffic import CHECK, Client, ordinary
from tests.servers import eventually

RATE = 200
GOAL = 100.0
# Asked on, to see that a refusal lasts.
_AFTERWARDS = 3

# What is shown, and what ends it.
Doomed = tuple[str, Callable[[], int]]


class Scene:
    """The operator at the first gateway, a member who comes and goes, and a workspace."""

    def __init__(self, made: Installation) -> None:
        self._made, self.here = made, Client(made.url, f"Bearer {made.token}")
        self.workspace = f"/v1/workspaces/{made.workspaces(1)[0]}"
        self.guest, self._plain = Guest(made), Client(made.url)

    def kinds(self) -> list[Callable[[], Doomed]]:
        return [self.session, self.token, self.new_secret, self.key_pair, self.jwt, self.membership]

    def session(self) -> Doomed:
        started = self._done("POST", "/v1/sessions", {"email": "operator@example.org", "password": PASSWORD, "token": True})
        return f"Bearer {started['session_token']}", lambda: self.here.call("DELETE", f"/v1/sessions/{started['id']}")

    def token(self) -> Doomed:
        made = self._token()
        return f"Bearer {made['token']}", lambda: self.here.call("DELETE", f"/v1/account/tokens/{made['id']}")

    def new_secret(self) -> Doomed:
        made = self._token()
        return f"Bearer {made['token']}", lambda: self.here.call("POST", f"/v1/account/tokens/{made['id']}/regenerate")

    def key_pair(self) -> Doomed:
        made = self._done("POST", f"{self.workspace}/credentials", {})
        return _basic(made), lambda: self.here.call("DELETE", f"{self.workspace}/credentials/{made['access_key']}")

    def jwt(self) -> Doomed:
        """Given up by its own logout; the pair goes on."""
        pair = self._done("POST", f"{self.workspace}/credentials", {})
        shows = f"Bearer {self._done('GET', '/clearml/auth.login', authorization=_basic(pair))['data']['token']}"
        return shows, lambda: self.here.call("POST", "/clearml/auth.logout", {}, shows)

    def membership(self) -> Doomed:
        self.guest.join(self.workspace)
        return self.guest.shows, lambda: self.here.call("DELETE", f"{self.workspace}/members/{self.guest.account_id}")

    def _token(self) -> dict[str, Any]:
        return self._done("POST", "/v1/account/tokens", {"name": "bench", "scopes": ["workspaces"]})

    def _done(self, method: str, path: str, body: object = None, authorization: str = "") -> dict[str, Any]:
        return done(self._plain if path == "/v1/sessions" else self.here, method, path, body, authorization)


def run(servers: Servers, quick: bool) -> list[Result]:
    with distributed(servers) as made:
        other, scene = made.second_gateway(), Scene(made)
        here, there = Client(made.url), Client(other)
        believed: list[float] = []
        told: list[float] = []
        stale: Counter[str] = Counter()
        with ordinary([made.url, other], f"Bearer {made.token}", made.workspaces(5), RATE) as traffic:
            for doom in islice(cycle(scene.kinds()), 12 if quick else 120):
                shows, revoke = doom()
                made_at, told_at = _measured(scene.workspace, shows, revoke, here, there, stale)
                believed.append(made_at)
                told.append(told_at)
    beside = f"{traffic.rate:.0f} requests a second beside it"
    return [
        _late(f"revoked at one gateway to refused by another, {RATE} requests a second: p99", believed, beside, GOAL),
        _late("the same until that refusal has come: p99", told, beside),
        _count("accepted by the gateway that had answered the revocation", stale["here"], len(told)),
        _count("accepted again by the other gateway after its first refusal", stale["there"], len(told)),
    ]


def _late(what: str, delays: list[float], beside: str, goal: float | None = None) -> Result:
    middle, late, longest = percentile(delays, 50), percentile(delays, 99), max(delays)
    detail = f"p50 {middle:.1f} ms, p99 {late:.1f} ms, longest {longest:.1f} ms of {len(delays)} revocations, {beside}"
    return Result("revocation", what, late, "ms", (min(delays), longest), detail, goal, upper=True)


def _count(what: str, found: int, revocations: int) -> Result:
    return Result("revocation", what, found, "answers", (found, found), f"{found} after {revocations} revocations", 0, upper=True)


def _measured(
    workspace: str, shows: str, revoke: Callable[[], int], here: Client, there: Client, stale: Counter[str]
) -> tuple[float, float]:
    """Milliseconds until the first request that was refused was made, and answered."""

    def accepts(gateway: Client) -> bool:
        return gateway.call("POST", f"{workspace}/check", CHECK, shows) == 200

    for gateway in (here, there):
        eventually(lambda gateway=gateway: accepts(gateway) and accepts(gateway), every=0.002)
    if (status := revoke()) not in (200, 204):
        raise RuntimeError(f"the revocation was answered {status}")
    began = time.perf_counter()
    with ThreadPoolExecutor(1) as beside:
        at_once = beside.submit(accepts, here)
        made_at = time.perf_counter()
        while accepts(there):
            made_at = time.perf_counter()
        told_at = time.perf_counter()
    stale["here"] += at_once.result()
    stale["there"] += sum(accepts(there) for _ in range(_AFTERWARDS))
    return (made_at - began) * 1000, (told_at - began) * 1000


def _basic(pair: dict[str, Any]) -> str:
    return "Basic " + b64encode(f"{pair['access_key']}:{pair['secret_key']}".encode()).decode()
