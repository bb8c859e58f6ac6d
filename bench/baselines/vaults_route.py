"""One Flask route that answers with bytes it was given before, without looking at anything."""

from flask import Response, request

from bench.baselines.web import Web, empty_app


class VaultsWeb(Web):
    def setup(self) -> None:
        self.app = empty_app("bare")
        self._answer = b""
        self.app.put("/answer")(self._keep)
        self.app.get("/clearml/users.get_vaults")(self._vaults)

    def _keep(self) -> str:
        self._answer = request.get_data()
        return ""

    def _vaults(self) -> Response:
        return Response(self._answer, content_type="application/json")


class BareVaults:
    name = "bare_vaults"

    web = VaultsWeb()
