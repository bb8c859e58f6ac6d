"""Plans come from a file of the operator's, in versions; without one everything works and costs nothing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.billing.application import Billing
from services.billing.catalogue import EXAMPLE, Catalogue
from services.billing.domain import Limits
from services.chassis.errors import Conflict, NotFound, PreconditionFailed, Unprocessable
from services.chassis.settings import SettingError, Settings
from tests.builders.billing import ADA, CONTACT, NOON, TERMS, VISION, billing, buy, invoices, plans_file, version

UNLIMITED = Limits(None, None, None)


@pytest.mark.feature("B-01")
def test_without_a_file_everything_works_without_a_limit_and_nobody_owes_anything() -> None:
    app = Billing.in_memory(Settings(secret_key="k" * 32))
    [plan] = app.plans()["items"]
    assert (plan["plan"], plan["seat_price"], plan["usage"]) == ("self_hosted", 0, {})
    assert not app.start_subscription(VISION, NOON)
    shown = app.get_subscription(VISION, NOON)
    assert (shown["plan"], shown["status"], shown["limits"], shown["period"]["starts_on"]) == (
        "self_hosted",
        "active",
        UNLIMITED,
        "2026-04-01",
    )
    assert app.limits_of(VISION) == UNLIMITED
    assert app.charges(VISION, NOON)["lines"] == []
    with pytest.raises(NotFound, match="subscription_not_found"):
        app.change_subscription(VISION, ADA, NOON, plan="pro", seats=1)
    assert app.recorder.select_notifications(1, 10) == []


@pytest.mark.feature("B-01")
def test_the_example_is_a_catalogue_of_four_plans() -> None:
    version = Catalogue.load(str(EXAMPLE)).current
    assert [offer.plan for offer in version.offers] == ["free", "basic", "pro", "enterprise"]
    assert [offer.seat_price for offer in version.offers] == sorted(offer.seat_price for offer in version.offers)
    assert not version.default.costs


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"versions": []}, "versions"),
        ({"versions": [version(2), version(1)]}, "numbered upwards"),
        ({"versions": [version(1), version(1)]}, "numbered upwards"),
        ({"versions": [version(currency="Euro")]}, "ISO 4217"),
        ({"versions": [version(price=-1)]}, "seat_price"),
        ({"versions": [version(price=1.5)]}, "seat_price"),
        ({"versions": [version() | {"plans": {"pro": {"name": "Pro", "seat_price": 1}}}]}, "cost nothing"),
        ({"versions": [version() | {"plans": {}}]}, "cost nothing"),
        ({"versions": [version() | {"plan": {}}]}, "Unknown field"),
        ({"versions": [version() | {"plans": {"Free!": {"name": "Free"}}}]}, "plans"),
        ([], "Invalid input type"),
    ],
)
def test_a_file_that_is_wrong_stops_the_start_with_one_line_that_says_what(wrong: Any, named: str, tmp_path: Path) -> None:
    path = tmp_path / "plans.yaml"
    path.write_text(yaml.safe_dump(wrong))
    with pytest.raises(SettingError, match="GATEHOUSE_PLANS_FILE") as error:
        Catalogue.load(str(path))
    assert named in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", [b"\xff", b"a: [", b"{{"])
def test_a_file_that_cannot_be_read_is_named(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plans.yaml"
    path.write_bytes(text)
    for file in (path, tmp_path / "none.yaml", tmp_path):
        with pytest.raises(SettingError, match="GATEHOUSE_PLANS_FILE cannot be read"):
            Catalogue.load(str(file))


@pytest.mark.parametrize(
    ("setting", "value"),
    [("invoice_prefix", "A/B"), ("invoice_prefix", "x" * 21), ("billing_time_zone", "CEST"), ("invoice_font", "/none.ttf")],
)
def test_a_setting_that_invoices_could_not_be_made_with_stops_the_start(setting: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=f"GATEHOUSE_{setting.upper()}"):
        billing(tmp_path, **{setting: value})


@pytest.mark.feature("B-01")
def test_who_bought_stays_on_the_version_that_was_bought(tmp_path: Path) -> None:
    app = billing(tmp_path)
    buy(app, seats=1)
    app.catalogue = Catalogue.load(plans_file(tmp_path, version(), version(2, price=9_000)))
    assert [plan["seat_price"] for plan in app.plans()["items"]] == [0, 9_000, 18_000]
    changed = app.change_subscription(VISION, ADA, NOON, seats=2)
    assert (changed["catalogue_version"], changed["total"]) == (1, 3_000)
    changed = app.change_subscription(VISION, ADA, NOON, plan="pro", seats=1)
    assert (changed["catalogue_version"], changed["total"]) == (2, 12_000)
    assert app.recount().differences == []


def test_who_pays_in_a_currency_goes_on_in_it(tmp_path: Path) -> None:
    app = billing(tmp_path)
    buy(app, seats=1)
    app.catalogue = Catalogue.load(plans_file(tmp_path, version(), version(2, currency="USD")))
    changed = app.change_subscription(VISION, ADA, NOON, plan="pro")
    assert (changed["catalogue_version"], changed["currency"]) == (1, "EUR")
    with pytest.raises(NotFound, match="plan_not_found"):
        app.change_subscription(VISION, ADA, NOON, plan="enterprise")


@pytest.mark.feature("B-04")
def test_nothing_is_charged_before_the_terms_are_accepted_and_somebody_is_named_to_pay(tmp_path: Path) -> None:
    app = billing(tmp_path)
    for accepted, code in ((None, "terms_not_accepted"), ("2020-01", "terms_outdated"), (TERMS, "billing_info_missing")):
        with pytest.raises(Conflict) as refusal:
            app.change_subscription(VISION, ADA, NOON, plan="team", seats=1, accept_terms_version=accepted)
        assert refusal.value.code == code
    assert app.change_subscription(VISION, ADA, NOON, plan="team", seats=1, dry_run=True)["total"] == 3_000
    assert invoices(app) == []
    assert app.get_subscription(VISION, NOON)["terms_version"] is None
    buy(app)
    [accepted] = [event for event in app.recorder.select_notifications(1, 100) if event.topic == "billing.terms.accepted"]
    said = app.mapper.to_domain_event(accepted)
    assert (said.account_id, said.terms) == (ADA, TERMS)


def test_where_there_are_no_terms_none_are_accepted(tmp_path: Path) -> None:
    app = billing(tmp_path, version(terms=""))
    assert buy(app, accept_terms_version="of somebody else's")["terms_version"] is None


def test_a_change_of_nothing_is_none_and_leaves_what_is_planned(tmp_path: Path) -> None:
    app = billing(tmp_path)
    buy(app, plan="pro", seats=1)
    planned = app.change_subscription(VISION, ADA, NOON, plan="team", seats=1)["planned"]
    with pytest.raises(Unprocessable, match="say what is to change"):
        app.change_subscription(VISION, ADA, NOON)
    assert app.get_subscription(VISION, NOON)["planned"] == planned == {"plan": "team", "seats": 1}


def test_a_dry_run_does_not_even_begin_a_subscription(tmp_path: Path) -> None:
    app = billing(tmp_path)
    assert app.change_subscription(VISION, ADA, NOON, plan="team", seats=2, dry_run=True)["total"] == 6_000
    assert app.recorder.select_notifications(1, 10) == []


@pytest.mark.feature("B-02")
def test_a_dry_run_tells_what_would_be_and_changes_nothing(tmp_path: Path) -> None:
    app = billing(tmp_path)
    buy(app, seats=1)
    before = app.get_subscription(VISION, NOON)
    tried = app.change_subscription(VISION, ADA, NOON + timedelta(days=45), seats=3, dry_run=True)
    assert (tried["seats"], tried["total"], tried["invoice"], tried["period"]["starts_on"]) == (3, 3_097, None, "2026-05-01")
    assert app.get_subscription(VISION, NOON) == before
    assert len(invoices(app)) == 1


def test_who_decided_on_another_state_is_told(tmp_path: Path) -> None:
    app = billing(tmp_path)
    known = buy(app, seats=1)["revision"]
    app.change_subscription(VISION, ADA, NOON, seats=2, revision=known)
    with pytest.raises(PreconditionFailed, match="changed_meanwhile"):
        app.change_subscription(VISION, ADA, NOON, seats=3, revision=known)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "\0", "Europe"])
def test_a_time_zone_that_there_is_not(zone: str, tmp_path: Path) -> None:
    with pytest.raises(Unprocessable) as refusal:
        buy(billing(tmp_path), time_zone=zone)
    assert list(refusal.value.fields) == ["time_zone"]


@pytest.mark.feature("B-06")
def test_whom_invoices_are_made_out_to_is_nowhere_in_clear(tmp_path: Path) -> None:
    app = billing(tmp_path)
    buy(app)
    text = "".join(event.state.decode() for event in app.recorder.select_notifications(1, 100))
    assert not any(value in text for value in CONTACT.values() if len(value) > 2)
    assert app.get_billing_info(VISION)["contact"] == CONTACT
    app.put_billing_info(VISION, CONTACT | {"name": "Other"}, 1)
    with pytest.raises(PreconditionFailed):
        app.put_billing_info(VISION, CONTACT, 1)
    assert app.get_invoice(VISION, "INV-000001")["billed_to"]["name"] == "Vision GmbH"
