"""``gatehouse demo``: the product's main job, played against a running Gatehouse in about a minute."""

import re
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table

from gatehouse.demo_client import PATIENCE, DemoError, Outbox, Person, Reply

Row = dict[str, Any]
EXPECTED = ("workspaces.workspace.created", "workspaces.member.invited", "workspaces.member.joined", "workspaces.member.removed")


@dataclass
class Narrator:
    """Says what happens, and keeps count of what did not come out as claimed."""

    console: Console
    pace: float
    steps: int = 0
    failures: int = 0

    def step(self, title: str) -> None:
        self.steps += 1
        if self.steps > 1:
            time.sleep(self.pace)
        self.console.print(f"\n[bold white on blue] {self.steps} [/] [bold]{title}[/]")

    def called(self, who: Person, reply: Reply) -> Reply:
        colour = "green" if reply.status < 400 else "red"
        outcome = f"[{colour}]{reply.status} {reply.body.get('code', '')}[/] [dim]{reply.milliseconds:.0f} ms[/]"
        self.console.print(f"    [magenta]{who.name:<6}[/] [cyan]{reply.method} {_short(reply.path)}[/] → {outcome}")
        return reply

    def claim(self, text: str, held: bool) -> None:
        self.failures += not held
        self.console.print(f"    [green]✓[/] {text}" if held else f"    [bold red]✗ {text}[/]")

    def table(self, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        table = Table(*columns, box=None, header_style="dim", padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*(str(value) for value in row))
        self.console.print(Padding(table, (0, 0, 0, 4)))


class Story:
    def __init__(self, url: str, narrator: Narrator, outbox: Outbox, setup_token: str, operator: tuple[str, str]) -> None:
        run = secrets.token_hex(3)
        email, password = operator
        self._say, self._outbox, self._setup_token = narrator, outbox, setup_token
        self._known = bool(email)
        self._olivia = Person("Olivia", url, email or f"olivia-{run}@example.org", password or secrets.token_urlsafe(12))
        self._ada = Person("Ada", url, f"ada-{run}@example.org", secrets.token_urlsafe(12))
        self._workspace: Row = {}
        self._removal = ""

    def play(self) -> None:
        for step in (
            self.sign_up,
            self.sign_in,
            self.create,
            self.invite,
            self.ada_arrives,
            self.accept,
            self.members,
            self.check,
            self.remove,
            self.audit,
        ):
            step()

    def sign_up(self) -> None:
        self._say.step("Olivia, who runs this installation, signs up")
        body = {"email": self._olivia.email, "password": self._olivia.password, "first_name": "Olivia"}
        reply = self._do(self._olivia, "POST", "/v1/accounts", body | ({"setup_token": self._setup_token} if self._setup_token else {}))
        if reply.body.get("code") == "setup_token_used":
            self._say.console.print("    [dim]The setup token has done its work before, so she signs up like anybody else.[/]")
            reply = self._do(self._olivia, "POST", "/v1/accounts", body)
        if self._known and reply.status == 409:
            return self._say.claim("she has an account already", True)
        self._say.claim("she has an account", reply.status == 201)
        self._need(reply, 201)
        if not reply.body["emails"][0]["verified"]:
            self._verify(self._olivia)

    def sign_in(self) -> None:
        self._say.step("She signs in")
        self._sign_in(self._olivia)

    def create(self) -> None:
        self._say.step("She creates the workspace “vision”")
        self._workspace = self._need(self._do(self._olivia, "POST", "/v1/workspaces", {"name": "vision"}), 201)
        listed = self._do(self._olivia, "GET", "/v1/workspaces?limit=200").body["items"]
        self._say.claim("it is in her list at once: whoever writes can read it", self._workspace["id"] in [w["id"] for w in listed])

    def invite(self) -> None:
        self._say.step("She invites Ada by mail")
        invitation = self._need(
            self._do(self._olivia, "POST", self._path("/invitations"), {"email": self._ada.email, "role": "editor"}), 201
        )
        token = self._outbox.token(self._ada.email, "/invitations/")
        self._say.table(
            ("to", "role", "status", "link in the mail"),
            [(invitation["email"], invitation["role"], invitation["status"], f"…/invitations/{token[:14]}…")],
        )
        self._say.claim("the mail is on its way", invitation["link"].endswith(token))

    def ada_arrives(self) -> None:
        self._say.step("Ada signs up, confirms her address and signs in")
        body = {"email": self._ada.email, "password": self._ada.password, "first_name": "Ada", "last_name": "Lovelace"}
        self._need(self._do(self._ada, "POST", "/v1/accounts", body), 201)
        self._verify(self._ada)
        self._sign_in(self._ada)

    def accept(self) -> None:
        self._say.step("A notice waits for her; she accepts")
        notices = self._do(self._ada, "GET", "/v1/account/notices").body["items"]
        found = [n for n in notices if n["workspace_id"] == self._workspace["id"] and n["token"]]
        self._say.claim("she sees the invitation", bool(found))
        if not found:
            raise DemoError("without the notice Ada cannot accept.")
        joined = self._do(self._ada, "POST", f"/v1/invitations/{found[0]['token']}/accept")
        self._say.claim("she is a member now", joined.status == 200 and joined.body["role"] == "editor")

    def members(self) -> None:
        self._say.step("Both look at the members")
        lists = [self._do(who, "GET", self._path("/members")).body["items"] for who in (self._olivia, self._ada)]
        self._say.table(("name", "username", "role", "status"), [(m["name"], m["username"], m["role"], m["status"]) for m in lists[0]])
        ids = {self._olivia.account["id"], self._ada.account["id"]}
        self._say.claim("both see the two of them", all({m["account_id"] for m in members} == ids for members in lists))

    def check(self) -> None:
        self._say.step("May Ada read the project “segmentation”?")
        for _ in range(3):
            reply = self._ask()
        self._say.claim("she may, and the gateway remembers the answer", reply.body.get("allowed") is True)

    def remove(self) -> None:
        self._say.step("Olivia removes Ada; Ada asks again at once")
        reply = self._do(self._olivia, "DELETE", self._path(f"/members/{self._ada.account['id']}"))
        refused = self._ask()
        self._removal = reply.correlation_id
        self._say.claim("Ada is removed", reply.status == 204)
        self._say.claim("her very next request is refused, with no wait in between", refused.status == 404)

    def audit(self) -> None:
        self._say.step("What the audit trail says")
        entries = self._trail()
        names = {self._olivia.account["id"]: "Olivia", self._ada.account["id"]: "Ada"}
        self._say.table(
            ("time", "who", "what", "from", "request"),
            [
                (_clock(e["time"]), names.get(e["actor"], e["actor"]), e["type"], e["ip"] or "–", (e["correlation_id"] or "")[:8])
                for e in entries
            ],
        )
        told = iter([e["type"] for e in entries])
        self._say.claim("every step is there, in order", all(step in told for step in EXPECTED))
        removed = [e for e in entries if e["type"] == EXPECTED[-1]]
        self._say.claim(
            "the removal carries the id of the request that caused it", bool(removed) and removed[-1]["correlation_id"] == self._removal
        )

    def _trail(self) -> list[Row]:
        """The journal hears of events over the bus, a few milliseconds later."""
        deadline = time.monotonic() + PATIENCE
        while True:
            reply = self._olivia.call("GET", self._path("/audit?limit=200"))
            entries: list[Row] = reply.body.get("items", [])
            if EXPECTED[-1] in [e["type"] for e in entries] or time.monotonic() > deadline:
                self._say.called(self._olivia, reply)
                return entries
            time.sleep(0.05)

    def _ask(self) -> Reply:
        return self._do(self._ada, "POST", self._path("/check"), {"action": "read", "resource": {"type": "project", "id": "segmentation"}})

    def _verify(self, who: Person) -> None:
        token = self._outbox.token(who.email, "/verify-email?token=")
        reply = self._do(who, "POST", "/v1/email-verifications", {"token": token})
        self._say.claim("the link in the mail proves that the address is hers", reply.status == 200 and reply.body["verified"])

    def _sign_in(self, who: Person) -> None:
        reply = self._do(who, "POST", "/v1/sessions", {"email": who.email, "password": who.password, "token": True})
        self._say.claim(f"{who.name} is signed in", reply.status == 201)
        started = self._need(reply, 201)
        who.account, who.token = started["account"], started["session_token"]

    def _do(self, who: Person, method: str, path: str, body: Row | None = None) -> Reply:
        return self._say.called(who, who.call(method, path, body))

    def _need(self, reply: Reply, status: int) -> Row:
        if reply.status != status:
            raise DemoError(
                f"{reply.method} {reply.path} answered {reply.status} {reply.body.get('code', '')}: {reply.body.get('detail', '')}"
            )
        return reply.body

    def _path(self, rest: str) -> str:
        return f"/v1/workspaces/{self._workspace['id']}{rest}"

    @property
    def epilogue(self) -> str:
        who = self._olivia
        role = "the operator of this installation" if who.account.get("operator") else "an ordinary account"
        return f"{who.name} is {role}: [bold]{who.email}[/] / [bold]{who.password}[/]" if not self._known else ""


def _short(path: str) -> str:
    """Ids and tokens by their first letters."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|gi_[^/]{12,}", lambda found: f"{found[0][:8]}…", path)


def _clock(time: str) -> str:
    return datetime.fromisoformat(time).strftime("%H:%M:%S.%f")[:-3]


def play(url: str, setup_token: str, *, operator: tuple[str, str], outbox: Path, pace: float) -> None:
    """Ends the process with 1 if anything came out otherwise than told. ``operator``: address and password, or nothing, to make one up."""
    narrator = Narrator(Console(highlight=False), pace)
    story = Story(url.rstrip("/"), narrator, Outbox(outbox), setup_token, operator)
    narrator.console.print(
        Panel(
            f"Gatehouse at [bold cyan]{url}[/]: an invitation, a removal, and what is remembered of it", border_style="blue", expand=False
        )
    )
    _run(story.play, narrator)
    if narrator.failures:
        narrator.console.print(f"\n[bold red]{narrator.failures} claims did not hold.[/]")
        sys.exit(1)
    narrator.console.print(f"\n[bold green]All of it held.[/] {story.epilogue}")


def _run(play: Callable[[], None], narrator: Narrator) -> None:
    try:
        play()
    except DemoError as error:
        narrator.console.print(f"\n[bold red]The demonstration ends here:[/] {error}")
        sys.exit(1)
