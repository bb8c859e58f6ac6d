"""Where a consumer fetches what it missed: from the owning service, over RPC or, in the embedded mode's tools, in this process."""

from collections.abc import Callable

from services.chassis.application import Application
from services.chassis.public import PublicEvent
from services.chassis.publiclog import PublicLog
from services.chassis.rpc_client import RpcClient


class RemoteLogs:
    def __init__(self, client: RpcClient) -> None:
        self._client = client

    def events_after(self, source: str, position: int, limit: int) -> list[PublicEvent]:
        answer = self._client.call(source, "events_after", {"position": position, "limit": limit})
        return [PublicEvent.from_wire(body) for body in answer.data["events"]]


class LocalLogs:
    def __init__(self, application: Callable[[str], Application]) -> None:
        self._application = application

    def events_after(self, source: str, position: int, limit: int) -> list[PublicEvent]:
        return PublicLog(self._application(source)).after(position, limit)
