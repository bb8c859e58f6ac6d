"""Groups, rules and resources."""

import requests

from tests.e2e.routes.catalogue import W, World, on


@on(f"POST {W}/groups")
def _(w: World) -> requests.Response:
    return w.keep("group", w.ada.post(f"{w.workspace}/groups", {"name": "Readers", "members": []}))


@on(f"PATCH {W}/groups/<uuid:group_id>")
def _(w: World) -> requests.Response:
    return w.ada.call("PATCH", w.path("group"), {"name": "Writers"})


@on(f"PUT {W}/groups/<uuid:group_id>/members/<uuid:account_id>")
def _(w: World) -> requests.Response:
    return w.ada.put(f"{w.path('group')}/members/{w.bob.account['id']}")


@on(f"DELETE {W}/groups/<uuid:group_id>/members/<uuid:account_id>")
def _(w: World) -> requests.Response:
    return w.ada.delete(f"{w.path('group')}/members/{w.bob.account['id']}")


@on(f"PUT {W}/resources/<type:type>/<resource:id>")
def _(w: World) -> requests.Response:
    return w.ada.put(f"{w.workspace}/resources/project/p", {"name": "P"})


@on(f"POST {W}/resources:batch")
def _(w: World) -> requests.Response:
    return w.ada.post(f"{w.workspace}/resources:batch", {"changes": [{"op": "put", "type": "project", "id": "q", "name": "Q"}]})


@on(f"POST {W}/rules")
def _(w: World) -> requests.Response:
    rule = {"resource_type": "project", "resource_id": "p", "permission": "read", "users": [w.bob.account["id"]]}
    return w.keep("rule", w.ada.post(f"{w.workspace}/rules", rule))


@on(f"PUT {W}/rules/<uuid:rule_id>")
def _(w: World) -> requests.Response:
    rule = {"resource_type": "project", "resource_id": "p", "permission": "modify", "users": [w.bob.account["id"]]}
    return w.ada.put(w.path("rule"), rule)


@on(f"DELETE {W}/rules/<uuid:rule_id>")
def _(w: World) -> requests.Response:
    return w.ada.delete(w.path("rule"))


@on(f"DELETE {W}/resources/<type:type>/<resource:id>")
def _(w: World) -> requests.Response:
    return w.ada.delete(f"{w.workspace}/resources/project/p")
