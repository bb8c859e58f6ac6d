"""What a workspace has bought, what it will be charged, and whom invoices are made out to."""

from typing import Any
from uuid import UUID

from gateway.api import billing_schemas as schemas
from gateway.api.blueprint import Blueprint
from gateway.calls import ask, principal, tell, this_request
from gateway.etags import expected, tag
from gateway.past import Historical, past
from gateway.permissions import admin, member, requires, signed_in

blp = Blueprint("billing", __name__, url_prefix="/v1", description="Plans, seats and charges")
W = "/workspaces/<uuid:workspace_id>"


@blp.get("/plans")
@requires(signed_in)
@blp.response(200, schemas.Plans)
def list_plans() -> Any:
    """The first is what every workspace begins with."""
    return ask("billing", "plans") | {"next_cursor": None}


@blp.get(W + "/subscription")
@requires(member)
@blp.arguments(Historical, location="query")
@blp.response(200, schemas.Subscription)
def get_subscription(query: dict[str, Any], workspace_id: UUID) -> Any:
    if "at" not in query:
        return _tagged(ask("billing", "get_subscription", workspace_id=str(workspace_id)))
    when = past("billing", workspace_id, query["at"])
    taken = ask("workspaces", "seats_used", workspace_id=str(workspace_id), **when.of("workspaces"))
    return ask("billing", "get_subscription", workspace_id=str(workspace_id), **taken, **when.of("billing"))


@blp.post(W + "/subscription/changes")
@requires(admin)
@blp.arguments(schemas.ChangeQuery, location="query")
@blp.arguments(schemas.SubscriptionChange)
@blp.response(200, schemas.ChangedSubscription)
def change_subscription(query: dict[str, Any], body: dict[str, Any], workspace_id: UUID) -> Any:
    """Upwards at once and charged by days for the rest of the period, to a lower plan from the next period on. What is not named stays.

    With ``dry_run`` nothing changes: the answer says what would be charged. With If-Match, only if nobody else has changed it meanwhile.
    """
    whose = {"workspace_id": str(workspace_id), "account_id": principal().account_id}
    wanted = {**whose, **body, **query, "revision": expected(this_request())}
    return _tagged((ask if query["dry_run"] else tell)("billing", "change_subscription", **wanted))


@blp.get(W + "/charges")
@requires(admin)
@blp.response(200, schemas.Charges)
def get_charges(workspace_id: UUID) -> Any:
    """What the invoice at the end of the period will say if nothing changes any more."""
    return ask("billing", "charges", workspace_id=str(workspace_id))


@blp.get(W + "/billing-info")
@requires(admin)
@blp.response(200, schemas.BillingInfo)
def get_billing_info(workspace_id: UUID) -> Any:
    return _contact(ask("billing", "get_billing_info", workspace_id=str(workspace_id)))


@blp.put(W + "/billing-info")
@requires(admin)
@blp.arguments(schemas.Contact)
@blp.response(200, schemas.BillingInfo)
def put_billing_info(body: dict[str, Any], workspace_id: UUID) -> Any:
    """Invoices that were issued keep what they say. With If-Match, only if nobody else has changed it meanwhile."""
    wanted = {"workspace_id": str(workspace_id), "contact": body, "revision": expected(this_request())}
    return _contact(tell("billing", "put_billing_info", **wanted))


def _tagged(found: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    return found, {"ETag": tag(found["revision"])}


def _contact(found: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    return found["contact"], {"ETag": tag(found["revision"])}
