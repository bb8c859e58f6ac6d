"""How people may log in, for pages that ask before they show a form."""

from gateway.clearml.actions import action
from gateway.clearml.call import Call, Data


@action("login.supported_modes", since="2.9", open=True)
def supported_modes(call: Call) -> Data:
    return {
        "basic": {"enabled": True, "guest": {"enabled": False, "name": "", "username": "", "password": ""}},
        "sso": {},
        "sso_providers": [],
        "server_errors": {},
        "authenticated": call.principal is not None,
    }


@action("login.logout", since="2.13", open=True)
def logout(call: Call) -> Data:
    """There is no cookie to clear: this surface knows none."""
    return {}
