"""First pages of the lists, as they are at noon."""

from tests.builders.workspaces import ADA, ADAS_ADDRESS, NOON, address_ids


def members(app, workspace_id, **page):
    return app.list_members(workspace_id, now=page.pop("now", NOON), limit=page.pop("limit", 50), cursor=page.pop("cursor", None), **page)


def notices(app, account_id=ADA, email=ADAS_ADDRESS, now=NOON):
    return app.list_notices(account_id, address_ids(app, email), now=now, limit=50, cursor=None)["items"]
