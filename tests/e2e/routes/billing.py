"""Plans and money."""

from collections.abc import Callable
from datetime import UTC, datetime

import requests

from tests.e2e.routes.catalogue import W, World, on
from tests.servers import eventually


def soon(request: Callable[[], requests.Response]) -> requests.Response:
    """Once billing has heard of the workspace."""
    return eventually(lambda: answer if (answer := request()).ok else None, every=0.5)


@on(f"PUT {W}/billing-info")
def _(w: World) -> requests.Response:
    contact = {"name": "Vision Ltd", "email": "pay@vision.example"}
    return soon(lambda: w.ada.put(f"{w.workspace}/billing-info", contact, headers={"If-Match": "*"}))


@on(f"POST {W}/subscription/changes")
def _(w: World) -> requests.Response:
    bought = {"plan": "basic", "seats": 3, "accept_terms_version": w.ada.get("/v1/plans").json()["terms_version"]}
    return w.ada.post(f"{w.workspace}/subscription/changes", bought)


@on(f"POST {W}/invoices/<number:number>/send")
def _(w: World) -> requests.Response:
    w.made["number"] = w.ada.get(f"{w.workspace}/invoices").json()["items"][0]["number"]
    return w.ada.post(f"{w.workspace}/invoices/{w.made['number']}/send")


@on("POST /v1/billing/invoices/<number:number>/payments")
def _(w: World) -> requests.Response:
    return w.operator.post(f"/v1/billing/invoices/{w.made['number']}/payments", {"reference": "statement 7"})


@on(f"POST {W}/usage")
def _(w: World) -> requests.Response:
    record = {"id": "r1", "metric": "storage", "quantity": 1, "at": datetime.now(UTC).isoformat()}
    return w.operator.post(f"{w.workspace}/usage", {"records": [record]})
