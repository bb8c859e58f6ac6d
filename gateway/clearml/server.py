"""What clients may know of this server."""

from importlib.metadata import version

from gateway.clearml.actions import ACTIONS, action
from gateway.clearml.auth import SERVER
from gateway.clearml.call import NEWEST, Call, Data


@action("server.info", since="2.8")
def info(call: Call) -> Data:
    build = version("gatehouse")
    return {
        "version": SERVER,
        "build": f"gatehouse-{build}",
        "commit": "",
        "uid": call.request.gateway.keys.digest("server", "uid")[:32],
        "api_version": NEWEST,
    }


@action("server.endpoints")
def endpoints(call: Call) -> Data:
    return {"endpoints": [{"name": name, "min_version": ACTIONS[name].since} for name in sorted(ACTIONS)]}


@action("server.report_stats_option", since="2.4")
def report_stats_option(call: Call) -> Data:
    """Nothing is ever reported to anybody."""
    return {
        "supported": False,
        "enabled": False,
        "enabled_time": None,
        "enabled_version": None,
        "enabled_user": None,
        "current_version": SERVER,
    }
