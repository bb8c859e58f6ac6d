"""Invoices and credit notes: listed, read, downloaded and sent."""

from base64 import b64decode
from typing import Any
from uuid import UUID

from flask import Response

from gateway.api import billing_schemas as schemas
from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Nothing, Paging, page
from gateway.calls import ask, tell
from gateway.permissions import admin, requires

blp = Blueprint("invoices", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>/invoices", description="Invoices and credit notes")
ONE = "/<number:number>"


@blp.get("")
@requires(admin)
@blp.arguments(Paging, location="query")
@blp.response(200, page(schemas.ListedInvoice))
def list_invoices(paging: dict[str, Any], workspace_id: UUID) -> Any:
    """Newest first."""
    found = ask("billing", "list_invoices", workspace_id=str(workspace_id), **paging)
    return found | {"items": [_listed(item) for item in found["items"]]}


@blp.get(ONE)
@requires(admin)
@blp.response(200, schemas.Invoice)
def get_invoice(workspace_id: UUID, number: str) -> Any:
    return ask("billing", "get_invoice", **_named(workspace_id, number))


@blp.get(ONE + ".pdf")
@requires(admin)
@blp.response(200, content_type="application/pdf", description="The same bytes every time")
def download_pdf(workspace_id: UUID, number: str) -> Response:
    return _download(workspace_id, number, "pdf")


@blp.get(ONE + ".csv")
@requires(admin)
@blp.response(200, content_type="text/csv", description="The same bytes every time")
def download_csv(workspace_id: UUID, number: str) -> Response:
    return _download(workspace_id, number, "csv")


@blp.get(ONE + ".json")
@requires(admin)
@blp.response(200, content_type="application/json", description="As it was issued: the same bytes every time")
def download_json(workspace_id: UUID, number: str) -> Response:
    return _download(workspace_id, number, "json")


@blp.post(ONE + "/send")
@requires(admin)
@blp.arguments(Nothing, required=False)
@blp.response(202, Nothing)
def send_invoice(_body: dict[str, Any], workspace_id: UUID, number: str) -> Any:
    """By mail to the billing contact, as PDF."""
    tell("billing", "send_invoice", **_named(workspace_id, number))
    return {}


def _named(workspace_id: UUID, number: str) -> dict[str, str]:
    return {"workspace_id": str(workspace_id), "number": number}


def _listed(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"corrects": item["corrects"] or None}


def _download(workspace_id: UUID, number: str, format: str) -> Response:
    found = ask("billing", "invoice_document", **_named(workspace_id, number), format=format)
    response = Response(b64decode(found["content"]), content_type=found["type"])
    response.headers.set("Content-Disposition", "attachment", filename=f"{number}.{format}")
    return response
