"""JWTs made from key pairs: whether identity signed them, for us, and until when."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from services.chassis.errors import Unauthenticated
from services.chassis.jwts import ALGORITHM, AUDIENCE, TYPE

# Seconds between two questions for keys: whoever makes up key ids cannot make us ask for each.
PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Claims:
    id: str
    credential_id: str
    expires_at: float


class Verifier:
    """``fetch`` answers identity's public keys. Where a token says its key is to be found (jku, x5u, jwk) nobody looks."""

    def __init__(self, issuer: str, clock: Callable[[], float] = time.time) -> None:
        self._issuer, self._clock = issuer, clock
        self._keys: dict[str, OKPKey] = {}
        self._asked = float("-inf")

    def verify(self, token: str, fetch: Callable[[], dict[str, Any]]) -> Claims:
        """Raises Unauthenticated, with one code for whatever is wrong."""
        try:
            decoded = jwt.decode(token, lambda obj: self._key(obj.headers().get("kid"), fetch), algorithms=[ALGORITHM])
            return self._checked(decoded.header, decoded.claims)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise refused() from None

    def _key(self, kid: Any, fetch: Callable[[], dict[str, Any]]) -> OKPKey:
        if not isinstance(kid, str):
            raise ValueError("kid")
        if kid not in self._keys and self._clock() - self._asked >= PAUSE:
            self._asked = self._clock()
            self._keys = {key["kid"]: OKPKey.import_key(key) for key in fetch()["keys"]}
        return self._keys[kid]

    def _checked(self, header: dict[str, Any], claims: dict[str, Any]) -> Claims:
        exp = claims["exp"]
        if header.get("typ") != TYPE or claims["iss"] != self._issuer or claims["aud"] != AUDIENCE:
            raise ValueError("not for us")
        if type(exp) is not int or exp <= self._clock():
            raise ValueError("exp")
        return Claims(_uuid(claims["jti"]), _uuid(claims["credential_id"]), float(exp))


def _uuid(claim: Any) -> str:
    return str(UUID(str(claim)))


def refused() -> Unauthenticated:
    return Unauthenticated("jwt_invalid", "This token is not valid, or no longer. Log in again.")
