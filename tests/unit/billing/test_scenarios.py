"""Golden scenarios: what happens when, and what is to be paid for it. The numbers were worked out by hand, and by ``naive`` beside it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.billing.application import Billing
from services.billing.domain.period import local_day
from services.billing.domain.usage import Record
from services.chassis.errors import ServiceError
from tests.builders.billing import ADA, CONTACT, TERMS, VISION, billing, invoices, version
from tests.unit.billing.naive import Naive, whole

FOLDER = Path(__file__).parent / "scenarios"
NAMED = {(path.stem, said["name"]): said for path in sorted(FOLDER.glob("*.yaml")) for said in yaml.safe_load(path.read_text())}
# Where nobody fails to pay and nothing is taken back, counting on the fingers is enough.
PLAIN = {name: said for name, said in NAMED.items() if name[0] != "grace" and not any("pay" in step for step in said["steps"])}


class Play:
    def __init__(self, folder: Path, said: dict[str, Any]) -> None:
        self.said, self.zone = said, said.get("zone", "UTC")
        sold = version(price=said.get("price", 3_000), currency=said.get("currency", "EUR"))
        self.app: Billing = billing(folder, sold)
        self.app.put_billing_info(VISION, CONTACT, None)
        self.reports = 0

    def steps(self) -> Iterator[tuple[dict[str, Any], datetime]]:
        for step in self.said["steps"]:
            yield step, moment(step["at"])

    def do(self, step: dict[str, Any], now: datetime) -> Any:
        if "heads" in step:
            self.app.heads[VISION] = step["heads"]  # type: ignore[index]
        for word in ("buy", "plan", "seats", "close", "use", "fail", "pay", "tick", "credit_note"):
            if word in step:
                return getattr(self, f"_{word}")(step, now)
        return None

    def _buy(self, step: dict[str, Any], now: datetime) -> None:
        self._change(now, *wanted(step["buy"]), accept_terms_version=step.get("terms", TERMS))

    def _plan(self, step: dict[str, Any], now: datetime) -> None:
        self._change(now, *wanted(step["plan"]))

    def _seats(self, step: dict[str, Any], now: datetime) -> None:
        self._change(now, None, step["seats"])

    def _change(self, now: datetime, plan: str | None, seats: int | None, **more: Any) -> None:
        """Tried first: what a dry run tells is what then happens."""
        asked = {"plan": plan, "seats": seats, "time_zone": self.zone, **more}
        tried = self.app.change_subscription(VISION, ADA, now, **asked, dry_run=True)
        done = self.app.change_subscription(VISION, ADA, now, **asked)
        assert (tried["lines"], tried["total"]) == (done["lines"], done["total"])

    def _close(self, step: dict[str, Any], now: datetime) -> None:
        """What is estimated at the last moment of the period is what the invoice says."""
        before, count = self.app.find_subscription(VISION), self.renewals()
        estimate = self.app.charges(VISION, before.ends_at - timedelta(seconds=1)) if before else None
        known = len(invoices(self.app))
        self.app.current(VISION, now)
        assert self.renewals() - count == step["close"]
        if step["close"] and (made := invoices(self.app)[known:]):
            assert (estimate["lines"], estimate["total"]) == (made[0].lines, made[0].total)

    def _use(self, step: dict[str, Any], now: datetime) -> None:
        self.reports += 1
        record = Record(f"r{self.reports}", "api_calls", step["use"], moment(step.get("of", step["at"])))
        [outcome] = self.app.report_usage(VISION, [record], now)
        if isinstance(outcome, ServiceError):
            raise outcome

    def _fail(self, step: dict[str, Any], now: datetime) -> bool:
        return self.app.payment_failed(f"INV-{step['fail']:06d}", now, "card_declined")

    def _pay(self, step: dict[str, Any], now: datetime) -> bool:
        return self.app.record_payment(f"INV-{step['pay']:06d}", now, "wire")

    def _tick(self, step: dict[str, Any], now: datetime) -> None:
        self.app.close_if_overdue(VISION, now)

    def _credit_note(self, step: dict[str, Any], now: datetime) -> None:
        number, amount = step["credit_note"].split()
        self.app.credit(f"INV-{int(number):06d}", "a mistake", now, int(amount.replace("_", "")))

    def renewals(self) -> int:
        return len(self.app.recorder.select_notifications(1, 10_000, topics=["billing.subscription.renewed"]))


def moment(at: Any) -> datetime:
    return datetime.fromisoformat(at)


def wanted(text: str) -> tuple[str, int | None]:
    plan, _, seats = str(text).partition(" ")
    return plan, int(seats) if seats else None


@pytest.mark.feature("B-02", "B-05", "B-07")
@pytest.mark.parametrize("name", NAMED, ids=": ".join)
def test_it_comes_out_as_told(name: tuple[str, str], tmp_path: Path) -> None:
    play = Play(tmp_path, NAMED[name])
    for step, now in play.steps():
        known = len(invoices(play.app))
        if "refused" in step:
            with pytest.raises(ServiceError) as refusal:
                play.do(step, now)
            assert refusal.value.code == step["refused"], step
        else:
            assert play.do(step, now) in (None, step.get("news", True)), step
        _look(play.app, step, known)
    recounted = play.app.recount()
    assert (recounted.differences, recounted.invoices) == ([], len(invoices(play.app)))


def _look(app: Billing, step: dict[str, Any], known: int) -> None:
    made = invoices(app)[known:]
    expected = step.get("invoice", [])
    assert [invoice.total for invoice in made] == (expected if isinstance(expected, list) else [expected]), step
    assert [invoice.sequence for invoice in made] == [*range(known + 1, known + 1 + len(made))]
    found = app.find_subscription(VISION)
    shown = {
        "lines": lambda: [line["amount"] for line in made[-1].lines],
        "issued": lambda: [f"{invoice.issued_at:%Y-%m-%dT%H:%MZ}" for invoice in made],
        "period": lambda: f"{found.period.starts_on}/{found.period.ends_on}",
        "credit": lambda: sum(credit["amount"] for credit in found.credits),
        "status": lambda: found.status,
        "members": lambda: found.limits.members,
        "on": lambda: found.offer.plan,
    }
    told = {what: say() for what, say in shown.items() if what in step}
    assert told == {what: _plain(step[what]) for what in told}, step


def _plain(value: Any) -> Any:
    return [_plain(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", PLAIN, ids=": ".join)
def test_counting_on_the_fingers_comes_to_the_same(name: tuple[str, str]) -> None:
    said = PLAIN[name]
    price, zone = said.get("price", 3_000), said.get("zone", "UTC")
    naive = Naive({"team": price, "pro": 2 * price}, local_day(moment(said["steps"][0]["at"]), "UTC"))
    planned: tuple[str, int] | None = None
    used: dict[Any, int] = {}
    for step in said["steps"]:
        if "refused" in step or {"fail", "tick", "pay"} & set(step):
            continue
        day = local_day(moment(step["at"]), zone)
        totals: list[int | None] = []
        while day >= naive.end:
            calls = sum(quantity for at, quantity in used.items() if naive.start <= at[0] < naive.end)
            costs = whole(Fraction(10 * max(0, calls - 1_000), 100)) if naive.plan in naive.prices else 0
            totals.append(naive.close(*(planned or (naive.plan, naive.seats)), [costs]))
            planned = None
        if "buy" in step or "seats" in step or ("plan" in step and naive.plan in naive.prices):
            plan, seats = wanted(step.get("buy") or step.get("plan") or f"{naive.plan} {step['seats']}")
            if rank(plan) < rank(naive.plan):
                planned = plan, seats or 0
            else:
                planned = None
                totals.append(naive.buy(plan, step.get("heads", 1) if seats is None else seats, day))
        if "use" in step:
            at = local_day(moment(step.get("of", step["at"])), zone)
            used[at, len(used)] = step["use"]
        expected = step.get("invoice", [])
        assert [total for total in totals if total is not None] == (expected if isinstance(expected, list) else [expected]), step
        assert naive.credit == step.get("credit", naive.credit), step


def rank(plan: str) -> int:
    return ["free", "team", "pro"].index(plan)


def test_there_are_enough_of_them() -> None:
    assert len(NAMED) >= 60
