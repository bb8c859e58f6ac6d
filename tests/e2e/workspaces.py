"""What people do with workspaces over HTTP, in one word each."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.kit.installations import Installation
from tests.kit.people import Person
from tests.servers import eventually

READ = {"action": "read", "resource": {"type": "project", "id": "segmentation"}}


def arrived(gatehouse: Installation, *names: str) -> list[Person]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda name: Person(gatehouse, name).arrived(), names))


def token(invitation: dict[str, Any]) -> str:
    return str(invitation["link"]).rpartition("/")[2]


def invited(admin: Person, workspace: str, **body: Any) -> dict[str, Any]:
    answer = admin.post(f"{workspace}/invitations", body)
    assert answer.status_code == 201, answer.text
    invitation: dict[str, Any] = answer.json()
    return invitation


def opened(admin: Person, workspace: str, **terms: Any) -> dict[str, Any]:
    return invited(admin, workspace, open=True, **terms)


def accept(person: Person, invitation: dict[str, Any]) -> Any:
    return person.post(f"/v1/invitations/{token(invitation)}/accept")


def members(reader: Person, workspace: str, query: str = "") -> list[dict[str, Any]]:
    answer = reader.get(f"{workspace}/members{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def change(admin: Person, workspace: str, member: Person, **changes: Any) -> Any:
    return admin.call("PATCH", f"{workspace}/members/{member.account['id']}", changes)


def moment(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


def personal(person: Person) -> str:
    return str(eventually(lambda: person.get("/v1/account").json()["personal_workspace_id"]))


def notices(person: Person, kind: str) -> list[dict[str, Any]]:
    return [notice for notice in person.get("/v1/account/notices").json()["items"] if notice["kind"] == kind]
