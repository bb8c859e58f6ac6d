"""What goes in and out of the entrypoints of workspaces."""

from uuid import UUID

import pytest
from marshmallow import ValidationError

from services.workspaces.domain import ROLES, Workspace
from services.workspaces.schemas import Role
from services.workspaces.service import WorkspacesService
from tests.builders.workspaces import ADA, ADAS_ADDRESS, GRACE, NOON, address_ids, token, workspaces


@pytest.fixture
def service():
    service = WorkspacesService()
    service.app, service.clock = workspaces(), lambda: NOON
    return service


@pytest.fixture
def shared(service):
    return service.create_workspace({"account_id": str(GRACE), "name": " Vision "})


def test_from_the_making_of_a_workspace_to_a_removal(service, shared):
    assert (shared["name"], shared["role"], shared["member_count"], shared["member_limit"]) == ("Vision", "admin", 1, None)
    here = {"workspace_id": shared["id"]}
    caller = {"account_id": str(ADA), "address_ids": [str(id) for id in address_ids(service.app, ADAS_ADDRESS)]}

    invitation = service.invite({**here, "email": ADAS_ADDRESS, "invited_by": str(GRACE)})
    assert (invitation["status"], invitation["role"], invitation["expires_at"]) == ("pending", "editor", "2026-12-04T12:00:00+00:00")
    assert invitation["invited_by"] == str(GRACE)
    assert service.get_invitation({"token": token(invitation)})["workspace_name"] == "Vision"

    joined = service.accept_invitation({"token": token(invitation), **caller})
    assert (joined["id"], joined["role"]) == (shared["id"], "editor")

    assert service.remove_member({**here, "account_id": str(ADA)}) == {}
    assert service.app.load(Workspace, UUID(shared["id"])).members == {str(GRACE): "admin"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "n" * 101},
        {"name": "a\0b"},
        {"name": "a\nb"},
        {"name": "\ud800"},
        {"name": 1},
        {"slug": "Vision"},
        {"slug": "-vision"},
        {"slug": "vision\n"},
        {"slug": "v" * 51},
        {"account_id": "grace"},
        {"surprise": 1},
    ],
    ids=ascii,
)
def test_a_workspace_that_makes_no_sense_is_refused(service, wrong):
    with pytest.raises(ValidationError):
        service.create_workspace({"account_id": str(GRACE), "name": "Vision"} | wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "ada"},
        {"email": "ada@example.org\r\nBcc: all@example.org"},
        {"email": "a" * 255 + "@example.org"},
        {"role": "owner"},
        {"role": None},
        {"x": 1},
    ],
    ids=str,
)
def test_an_invitation_that_makes_no_sense_is_refused(service, shared, wrong):
    with pytest.raises(ValidationError):
        service.invite({"workspace_id": shared["id"], "email": ADAS_ADDRESS, "invited_by": str(GRACE)} | wrong)


def test_every_role_there_is_may_be_given():
    for role in ROLES:
        assert Role().deserialize(role) == role
