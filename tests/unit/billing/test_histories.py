"""Whatever a workspace does, days counted on the fingers come to the same as the invoices, and so does a recount of the log."""

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.domain.period import Period, begins_at, local_day, month_after
from services.billing.money import rounded
from tests.builders.billing import ADA, CONTACT, TERMS, VISION, billing, invoices, version
from tests.unit.billing.naive import Naive, next_start, whole

ZONES = ["UTC", "Etc/GMT+12", "Pacific/Kiritimati", "Europe/Berlin", "Africa/Cairo", "America/Havana", "Australia/Lord_Howe"]
PLANS = ["free", "team", "pro"]
STEPS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(PLANS), st.integers(1, 9)), min_size=1, max_size=6)


@pytest.mark.feature("B-02")
@settings(max_examples=40, deadline=None)
@given(
    start=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    hour=st.integers(0, 23),
    zone=st.sampled_from(ZONES),
    currency=st.sampled_from(["JPY", "EUR", "BHD"]),
    price=st.integers(1, 10_000),
    steps=STEPS,
)
def test_invoices_credits_and_periods_agree(start: date, hour: int, zone: str, currency: str, price: int, steps: list) -> None:
    naive = Naive({"team": price, "pro": 2 * price}, start + timedelta(days=steps[0][0]))
    with TemporaryDirectory() as folder:
        app = billing(Path(folder), version(price=price, currency=currency), billing_time_zone=zone)
        app.put_billing_info(VISION, CONTACT, None)
        totals, planned, day = [], None, start
        for days, plan, seats in steps:
            day += timedelta(days=days)
            now = datetime.combine(day, time(hour, 30), ZoneInfo(zone)).astimezone(UTC)
            app.change_subscription(VISION, ADA, now, plan=plan, seats=seats, accept_terms_version=TERMS)
            while day >= naive.end:
                totals.append(naive.close(*(planned or (naive.plan, naive.seats))))
                planned = None
            if PLANS.index(plan) < PLANS.index(naive.plan):
                planned = plan, seats if plan != "free" else 0
            else:
                planned = None
                totals.append(naive.buy(plan, seats, day))
        assert [invoice.total for invoice in invoices(app)] == [total for total in totals if total is not None]
        found = app.find_subscription(VISION)
        assert (found.period.starts_on, found.period.ends_on) == (naive.start, naive.end)
        assert sum(credit["amount"] for credit in found.credits) == naive.credit
        assert app.recount().differences == []


@given(day=st.dates(date(2020, 1, 1), date(2030, 1, 1)), anchor=st.integers(1, 31))
def test_the_month_after_is_where_walking_leads(day: date, anchor: int) -> None:
    # Periods begin on their anchor, or on the last day of a month that lacks it.
    begun = min(anchor, (date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)).day)
    start = day.replace(day=begun)
    assert month_after(start, anchor) == next_start(start, anchor)


@given(seconds=st.integers(0, 15 * 365 * 86_400), zone=st.sampled_from(ZONES))
def test_every_moment_lies_in_the_day_that_begins_before_it(seconds: int, zone: str) -> None:
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    day = local_day(now, zone)
    assert begins_at(day, zone) <= now < begins_at(day + timedelta(days=1), zone)


@given(numerator=st.integers(-(10**15), 10**15), denominator=st.integers(1, 10**6))
def test_half_a_unit_goes_away_from_zero(numerator: int, denominator: int) -> None:
    assert rounded(numerator, denominator) == whole(Fraction(numerator, denominator))
    assert rounded(-numerator, denominator) == -rounded(numerator, denominator)


@given(day=st.dates(date(2020, 1, 1), date(2030, 1, 1)), asked=st.dates(date(2019, 1, 1), date(2031, 1, 1)))
def test_what_is_left_of_a_period_is_never_more_than_it_or_nothing(day: date, asked: date) -> None:
    period = Period.first(day)
    assert 1 <= period.left(asked) <= period.days
    assert 28 <= period.days <= 31
