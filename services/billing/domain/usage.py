"""What workspaces use, as it is told: in records by the platform, in counts by gateways."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.billing.domain.offer import API_CALLS, STORAGE
from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict, ServiceError, Unprocessable

# Of these the last reported value counts; of every other metric the sum.
LEVELS = frozenset({STORAGE})
COUNTED, REPEATED = "counted", "repeated"
# How far the clocks of those that report may be ahead.
AHEAD = timedelta(minutes=1)
# Every midnight anywhere begins one, so none lies in two periods.
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Record:
    """``id``: the platform's own, one a workspace."""

    id: str
    metric: str
    quantity: int
    at: datetime

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "metric": self.metric, "quantity": self.quantity, "at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> "Record":
        return cls(said["id"], said["metric"], said["quantity"], datetime.fromisoformat(said["at"]))


class UsageReport(Aggregate):
    """Records that came together. Each report is a stream of its own: reports wait for nobody but those of the same workspace."""

    TOPIC = "billing.usage_report"

    class Created(Aggregate.Created):
        TOPIC = "billing.usage.reported"
        workspace_id: UUID
        records: list[dict[str, Any]]

        @property
        def size(self) -> int:
            return len(self.records)

    @event(Created)
    def __init__(self, workspace_id: UUID, records: list[dict[str, Any]]) -> None:
        self.workspace_id, self.records = workspace_id, records


class CallCount(Aggregate):
    """What one gateway counted in one quarter of an hour, or a part of it."""

    TOPIC = "billing.call_count"

    class Created(Aggregate.Created):
        TOPIC = "billing.calls.counted"
        gateway: UUID
        sequence: int
        counts: list[dict[str, Any]]

    @event(Created)
    def __init__(self, gateway: UUID, sequence: int, counts: list[dict[str, Any]]) -> None:
        self.gateway, self.sequence, self.counts = gateway, sequence, counts

    @staticmethod
    def create_id(gateway: UUID, sequence: int) -> UUID:
        """Derived, so that a count that is told twice counts once."""
        return uuid5(gateway, str(sequence))

    @staticmethod
    def counted(since: datetime, counts: Mapping[UUID, int], open_since: Mapping[UUID, datetime]) -> list[dict[str, Any]]:
        """Calls whose period is over and charged count in the next one: nobody can make them undone."""
        return [
            {"workspace_id": str(workspace_id), "quantity": count, "at": max(since, open_since[workspace_id]).isoformat()}
            for workspace_id, count in sorted(counts.items())
        ]


def judged(
    records: Iterable[Record | ServiceError],
    known: MutableMapping[str, Record],
    metrics: Collection[str],
    open_since: datetime,
    now: datetime,
) -> tuple[list[Record], list[str | ServiceError]]:
    """Those that count, and what becomes of each. ``known``: records of these ids that counted before; those that count now are added."""
    fresh: list[Record] = []
    outcomes: list[str | ServiceError] = []
    for record in records:
        outcome = record if isinstance(record, ServiceError) else _judged(record, known.get(record.id), metrics, open_since, now)
        if outcome == COUNTED:
            known[record.id] = record  # type: ignore[union-attr,assignment]
            fresh.append(record)  # type: ignore[arg-type]
        outcomes.append(outcome)
    return fresh, outcomes


def _judged(record: Record, before: Record | None, metrics: Collection[str], open_since: datetime, now: datetime) -> str | ServiceError:
    if before is not None:
        return REPEATED if record == before else Conflict("usage_id_taken", "another record was counted under this id: it stays as it is")
    if record.metric not in metrics:
        return Unprocessable("unknown_metric", "this is not measured here", {"metric": [f"One of {', '.join(sorted(metrics))}."]})
    if record.at > now + AHEAD:
        return Unprocessable("in_the_future", "usage is reported when it is over", {"at": ["Lies in the future."]})
    if record.at < open_since:
        return Conflict("period_closed", "its period is charged already", {"open_since": open_since.isoformat()})
    return COUNTED


@dataclass(frozen=True, slots=True)
class Amount:
    """``at``: for a sum the quarter of an hour it belongs to, for a level the moment at which it was measured."""

    metric: str
    at: datetime
    quantity: int


def amounts(records: Sequence[Record]) -> list[Amount]:
    """What is kept of the records of one report: one for each metric and quarter of an hour."""
    found: dict[tuple[str, datetime], Amount] = {}
    for record in records:
        quarter = quarter_of(record.at)
        before = found.get((record.metric, quarter))
        found[record.metric, quarter] = _later(before, record) if record.metric in LEVELS else _more(before, record, quarter)
    return list(found.values())


def quarter_of(at: datetime) -> datetime:
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(QUARTER.total_seconds()), UTC)


def _later(before: Amount | None, record: Record) -> Amount:
    mine = Amount(record.metric, record.at, record.quantity)
    # Of two that were measured at one moment the higher one counts, in whatever order they come.
    return mine if before is None else max(before, mine, key=lambda amount: (amount.at, amount.quantity))


def _more(before: Amount | None, record: Record, quarter: datetime) -> Amount:
    return Amount(record.metric, quarter, record.quantity + (before.quantity if before else 0))


class Tally:
    """Counts again from the events alone, record by record: what every figure must come out as."""

    def __init__(self) -> None:
        # By quarter of an hour, because a log has more records than fit into memory; of a level the last moment and value in it.
        self._sums: dict[tuple[UUID, str], dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
        self._levels: dict[tuple[UUID, str], dict[datetime, tuple[datetime, int]]] = defaultdict(dict)
        self._metrics: dict[UUID, set[str]] = defaultdict(set)

    def add(self, event: UsageReport.Created | CallCount.Created) -> None:
        if isinstance(event, UsageReport.Created):
            for said in event.records:
                self._add(event.workspace_id, said["metric"], said["quantity"], datetime.fromisoformat(said["at"]))
        else:
            for count in event.counts:
                self._add(UUID(count["workspace_id"]), API_CALLS, count["quantity"], datetime.fromisoformat(count["at"]))

    def figures(self, workspace_id: UUID, start: datetime, end: datetime) -> dict[str, int]:
        """By metric, between two midnights; those of which nothing is known are left out."""
        found = {metric: self._figure((workspace_id, metric), start, end) for metric in self._metrics.get(workspace_id, ())}
        return {metric: figure for metric, figure in found.items() if figure is not None}

    def _add(self, workspace_id: UUID, metric: str, quantity: int, at: datetime) -> None:
        self._metrics[workspace_id].add(metric)
        if metric in LEVELS:
            known = self._levels[workspace_id, metric]
            known[quarter_of(at)] = max(known.get(quarter_of(at), (at, quantity)), (at, quantity))
        else:
            self._sums[workspace_id, metric][quarter_of(at)] += quantity

    def _figure(self, key: tuple[UUID, str], start: datetime, end: datetime) -> int | None:
        if key[1] in LEVELS:
            measured = [last for quarter, last in self._levels[key].items() if quarter < end]
            return max(measured)[1] if measured else None
        counted = [quantity for quarter, quantity in self._sums[key].items() if start <= quarter < end]
        return sum(counted) if counted else None
