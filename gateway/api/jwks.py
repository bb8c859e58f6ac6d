"""The public keys with which anybody may check the JWTs made here."""

import json

from flask import Blueprint, Response

from gateway.calls import ask
from gateway.permissions import public, requires

blp = Blueprint("jwks", __name__)


@blp.get("/.well-known/jwks.json")
@requires(public)
def jwks() -> Response:
    return Response(json.dumps(ask("identity", "jwks")), content_type="application/jwk-set+json")
