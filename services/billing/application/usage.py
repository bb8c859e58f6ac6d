from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.billing.application.shared import USAGE, Shared
from services.billing.domain import Limits, Period, Subscription, Used
from services.billing.domain.allowance import Allowance
from services.billing.domain.offer import API_CALLS, STORAGE
from services.billing.domain.period import begins_at, local_day
from services.billing.domain.usage import LEVELS, CallCount, Record, Tally, UsageReport, judged
from services.billing.views.usage import Span, UsageViews
from services.chassis.errors import NotFound, ServiceError
from services.chassis.views import Row

_PAGE = 1_000
_TOPICS = (UsageReport.Created.TOPIC, CallCount.Created.TOPIC)
_LEVELS = sorted(LEVELS)

Figures = dict[str, Row]


class CountsUsage(Shared):
    usages: UsageViews

    def setup(self) -> None:
        super().setup()
        offered = {metric for version in self.catalogue.versions for offer in version.offers for metric in offer.usage}
        self.metrics = {STORAGE, API_CALLS} | offered
        if self.db:
            self.usages = UsageViews(self.db)

    def report_usage(self, workspace_id: UUID, records: Sequence[Record | ServiceError], now: datetime) -> list[str | ServiceError]:
        """What became of each: counted, repeated, or why it does not count. Records that come again change nothing."""
        if not self.heads.knows(workspace_id):
            raise NotFound("workspace_not_found", "there is no workspace with this id")
        with self._reporting(workspace_id):
            subscription = self.find_subscription(workspace_id)
            known = self._known(workspace_id, [record.id for record in records if isinstance(record, Record)])
            fresh, outcomes = judged(records, known, self.metrics, self._open_since(subscription, now), now)
            if fresh:
                self.save(UsageReport(workspace_id=workspace_id, records=[record.to_dict() for record in fresh]))
                self._judge([subscription] if subscription else [])
        return outcomes

    def count_calls(self, gateway: UUID, sequence: int, since: datetime, counts: Mapping[UUID, int], now: datetime) -> None:
        """A count that is told again changes nothing."""
        with self._reporting():
            if self.find(CallCount, CallCount.create_id(gateway, sequence)):
                return
            found = self._subscriptions(counts)
            open_since = {workspace_id: self._open_since(found.get(workspace_id), now) for workspace_id in counts}
            told = CallCount.counted(since, counts, open_since)
            self.save(CallCount(gateway=gateway, sequence=sequence, counts=told))
            self._judge(found.values())

    def usage(self, workspace_id: UUID, now: datetime, period: tuple[date, date] | None = None) -> Row:
        subscription = self.find_subscription(workspace_id)
        span = self._span(subscription, period, now)
        figures = self._figures([(workspace_id, *span)]).get((workspace_id, span[0]), {})
        limits = subscription.limits if subscription else self.catalogue.current.default.limits
        members, pending = self.heads.numbers(workspace_id, now)
        stored = figures.pop(STORAGE, {"quantity": 0, "at": None})
        return {
            "period": {"start": span[0], "end": span[1], "closed": span[1] <= self._open_since(subscription, now)},
            "users": _figure(members, limits.members or self.settings.member_limit or None, pending) | {"pending": pending},
            "storage": _figure(stored["quantity"], limits.storage) | {"reported_at": stored["at"]},
            "api_calls": _figure(figures.pop(API_CALLS, {"quantity": 0})["quantity"], limits.api_calls),
            "metrics": {metric: figure["quantity"] for metric, figure in sorted(figures.items())},
        }

    def usage_reports(
        self, workspace_id: UUID, metric: str, now: datetime, limit: int, cursor: str | None, period: tuple[date, date] | None = None
    ) -> Row:
        span = self._span(self.find_subscription(workspace_id), period, now)
        page = self.usages.reports((workspace_id, *span), metric, limit, cursor)
        return page | {"items": [row | {"event": f"{row['report_id']}:1"} for row in page["items"]]}

    def used(self, asked: Sequence[tuple[UUID, Period]]) -> dict[UUID, list[Used]]:
        """What an invoice names as its source is where every event of the figure is listed: there may be thousands."""
        spans = {(workspace_id, period.begins_at): period for workspace_id, period in asked}
        found: dict[UUID, list[Used]] = {}
        for key, figures in self._figures([(*key, period.ends_at) for key, period in spans.items()]).items():
            quantities = {metric: figure["quantity"] for metric, figure in figures.items()}
            found[key[0]] = sourced(key[0], spans[key], quantities)
        return found

    def judge(self, workspace_id: UUID, now: datetime) -> None:
        """Tells which of its limits a workspace has reached, or has not any more."""
        if subscription := self.find_subscription(workspace_id):
            with self._reporting(workspace_id):
                self._judge([subscription], anew=True)

    def tally(self) -> Tally:
        """Counted again from the log alone."""
        tally = Tally()
        for event in self._reported():
            tally.add(event)
        return tally

    def _reported(self) -> Iterator[UsageReport.Created | CallCount.Created]:
        start = 1
        while page := self.recorder.select_notifications(start, _PAGE, topics=_TOPICS):
            for stored in page:
                yield self.mapper.to_domain_event(stored)  # type: ignore[misc]
            start = page[-1].id + 1

    @contextmanager
    def _reporting(self, workspace_id: UUID | None = None) -> Iterator[None]:
        """Reports of one workspace come one by one; while a period is closed they wait."""
        if self.db is None:
            yield
            return
        with self.database.transaction():
            self.database.lock(USAGE, shared=True)
            if workspace_id is not None:
                self.database.lock(f"{USAGE} {workspace_id}")
            yield

    def _known(self, workspace_id: UUID, ids: Sequence[str]) -> dict[str, Record]:
        if self.db is None:
            told = [event for event in self._reported() if isinstance(event, UsageReport.Created) and event.workspace_id == workspace_id]
            return {said["id"]: Record.from_dict(said) for event in told for said in event.records}
        return {row["id"]: Record(**row) for row in self.usages.records(workspace_id, ids)}

    def _subscriptions(self, workspace_ids: Iterable[UUID]) -> dict[UUID, Subscription]:
        """Where nothing is sold nobody has one."""
        if not self.catalogue.sells:
            return {}
        found = self.find_all(*((Subscription, Subscription.create_id(workspace_id)) for workspace_id in workspace_ids))
        return {each.workspace_id: each for each in found if each is not None}

    def _open_since(self, subscription: Subscription | None, now: datetime) -> datetime:
        """Whoever has no subscription is never charged: there the month before this one is still open."""
        if subscription:
            return subscription.period.begins_at
        first = local_day(now, self.settings.billing_time_zone).replace(day=1)
        return begins_at((first - timedelta(days=1)).replace(day=1), self.settings.billing_time_zone)

    def _span(self, subscription: Subscription | None, days: tuple[date, date] | None, now: datetime) -> tuple[datetime, datetime]:
        zone = subscription.zone if subscription else self.settings.billing_time_zone
        if days:
            return begins_at(days[0], zone), begins_at(days[1], zone)
        if not subscription:
            month = Period.first(local_day(now, zone).replace(day=1))
            return begins_at(month.starts_on, zone), begins_at(month.ends_on, zone)
        period = subscription.period
        while now >= period.ends_at:
            period = period.next(subscription.anchor)
        return period.begins_at, period.ends_at

    def _figures(self, asked: Sequence[Span]) -> dict[tuple[UUID, datetime], Figures]:
        if self.db is None:
            tally = self.tally()
            return {(id, start): {m: _counted(q) for m, q in tally.figures(id, start, end).items()} for id, start, end in asked}
        found: dict[tuple[UUID, datetime], Figures] = {}
        for row in self.usages.figures(asked, sorted(self.metrics - LEVELS), _LEVELS):
            figure = {"quantity": int(row["quantity"]), "at": row["at"]}
            found.setdefault((row["workspace_id"], row["starts_at"]), {})[row["metric"]] = figure
        return found

    def _judge(self, subscriptions: Iterable[Subscription], *, anew: bool = False) -> None:
        """Those without a limit are passed over, unless they may have had one before."""
        limited = [each for each in subscriptions if anew or _limits(each.limits)]
        if not limited:
            return
        figures = self._figures([(each.workspace_id, each.period.begins_at, each.period.ends_at) for each in limited])
        for each in limited:
            mine = figures.get((each.workspace_id, each.period.begins_at), {})
            allowance = self.find(Allowance, Allowance.create_id(each.workspace_id)) or Allowance.of(each.workspace_id)
            for metric, limit in (_NO_LIMITS | _limits(each.limits)).items():
                until = None if metric in LEVELS else each.period.ends_at
                allowance.judge(metric, mine.get(metric, _counted(0))["quantity"], limit, until)
            if allowance.reached or allowance.version > 1:
                self.save(allowance)


def sourced(workspace_id: UUID, period: Period, quantities: Mapping[str, int]) -> list[Used]:
    place, span = f"/v1/workspaces/{workspace_id}/usage/reports", f"{period.starts_on}/{period.ends_on}"
    return [Used(metric, quantity, (f"{place}?metric={metric}&period={span}",)) for metric, quantity in sorted(quantities.items())]


_NO_LIMITS: dict[str, int | None] = {STORAGE: None, API_CALLS: None}


def _limits(limits: Limits) -> dict[str, int | None]:
    return {metric: limit for metric, limit in ((STORAGE, limits.storage), (API_CALLS, limits.api_calls)) if limit is not None}


def _counted(quantity: int) -> dict[str, Any]:
    return {"quantity": quantity, "at": None}


def _figure(used: int, limit: int | None, held: int = 0) -> Row:
    """``held``: by those that may come."""
    return {"used": used, "limit": limit, "available": None if limit is None else max(0, limit - used - held)}
