"""Which JWTs the gateway believes."""

import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from gateway.jwt import Verifier
from services.chassis.errors import Unauthenticated
from services.chassis.jwts import ALGORITHM
from tests.builders.identity import NOON, founded, register_verified

pytestmark = pytest.mark.unit
VISION = UUID("00000000-0000-4000-8000-000000000001")
NOW = NOON.timestamp()
FOREIGN = OKPKey.generate_key("Ed25519", parameters={"kid": "foreign"})


class Issuer:
    """Identity with one key pair, and how often it was asked for its keys."""

    def __init__(self) -> None:
        self.app = founded()
        account_id = register_verified(self.app)["id"]
        self.pair = self.app.create_key_pair(account_id=account_id, workspace_id=VISION, now=NOON)
        self.whose = {"account_id": account_id, "credential_id": self.pair["id"], "workspace_id": VISION, "now": NOON}
        self.asked = 0

    def token(self, **terms: Any) -> str:
        return str(self.app.issue_jwt(**{**self.whose, **terms})["token"])

    def jwks(self) -> dict[str, Any]:
        self.asked += 1
        return self.app.jwks(NOON)

    def key(self) -> OKPKey:
        """The private one, as nobody outside of identity has it."""
        return self.app._signing_key()[1]


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def verifier(issuer: Issuer) -> Verifier:
    return Verifier(issuer.app.settings.url, lambda: NOW)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    head, body, _ = token.split(".")
    return tuple(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, body))  # type: ignore[return-value]


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed(issuer: Issuer, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None, key: Any = None) -> str:
    """A genuine token with some values replaced; ``None`` leaves one out."""
    first_header, first_claims = parts(issuer.token())
    header, claims = replaced(first_header, header), replaced(first_claims, claims)
    return jwt.encode(header, claims, key or issuer.key(), algorithms=[ALGORITHM])


def replaced(values: dict[str, Any], changes: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in {**values, **(changes or {})}.items() if value is not None}


def refused(verifier: Verifier, issuer: Issuer, token: str) -> None:
    with pytest.raises(Unauthenticated, match="jwt_invalid"):
        verifier.verify(token, issuer.jwks)


@pytest.mark.feature("C-12")
def test_a_token_of_ours_names_the_pair_it_was_made_from(verifier: Verifier, issuer: Issuer) -> None:
    claims = verifier.verify(issuer.token(expires_in=3600), issuer.jwks)
    assert (claims.credential_id, claims.expires_at) == (str(issuer.pair["id"]), NOW + 3600)


def test_what_a_client_asks_to_be_in_a_token_replaces_nothing_of_ours(issuer: Issuer) -> None:
    header, claims = parts(issuer.token(claims={"sub": "somebody", "exp": 1, "api_version": "2.34", "aud": "others"}))
    assert (claims["sub"], claims["aud"], claims["api_version"]) == (str(issuer.whose["account_id"]), "gatehouse", "2.34")
    assert claims["exp"] > NOW
    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")


def test_a_token_lives_no_longer_than_allowed(issuer: Issuer) -> None:
    _, claims = parts(issuer.token(expires_in=10**8))
    assert claims["exp"] == NOW + issuer.app.settings.jwt_longest_hours * 3600


def test_a_token_without_a_signature_is_refused(verifier: Verifier, issuer: Issuer) -> None:
    header, claims = parts(issuer.token())
    for alg in ("none", "None", "NONE"):
        refused(verifier, issuer, f"{encoded(header | {'alg': alg})}.{encoded(claims)}.")
    head, body, _ = issuer.token().split(".")
    refused(verifier, issuer, f"{head}.{body}.")


@pytest.mark.parametrize("form", ["x", "json"])
def test_the_public_key_is_no_shared_secret(verifier: Verifier, issuer: Issuer, form: str) -> None:
    header, claims = parts(issuer.token())
    public = issuer.jwks()["keys"][0]
    secret = base64.urlsafe_b64decode(public["x"] + "==") if form == "x" else json.dumps(public).encode()
    content = f"{encoded(header | {'alg': 'HS256'})}.{encoded(claims)}"
    mac = base64.urlsafe_b64encode(hmac.digest(secret, content.encode(), hashlib.sha256)).decode().rstrip("=")
    refused(verifier, issuer, f"{content}.{mac}")


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "foreign"},
        {"jku": "https://evil.example/keys"},
        {"jwk": FOREIGN.as_dict(private=False)},
        {"x5u": "https://evil.example/certificate"},
    ],
)
def test_a_token_signed_with_a_foreign_key_is_refused_wherever_it_says_the_key_is(
    verifier: Verifier, issuer: Issuer, header: dict[str, Any]
) -> None:
    refused(verifier, issuer, signed(issuer, header, key=FOREIGN))


@pytest.mark.parametrize("header", [{"kid": None}, {"kid": "foreign"}, {"typ": None}, {"typ": "JWT"}, {"typ": "id+jwt"}])
def test_a_token_of_another_type_or_without_its_key_is_refused(verifier: Verifier, issuer: Issuer, header: dict[str, Any]) -> None:
    refused(verifier, issuer, signed(issuer, header))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "others"},
        {"aud": ["gatehouse", "others"]},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": None},
        {"exp": str(int(NOW) + 60)},
        {"exp": NOW + 60.5},
        {"exp": True},
        {"exp": int(NOW)},
        {"exp": int(NOW) - 1},
        {"credential_id": None},
        {"credential_id": "not an id"},
        {"credential_id": 7},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(verifier: Verifier, issuer: Issuer, claims: dict[str, Any]) -> None:
    refused(verifier, issuer, signed(issuer, claims=claims))


@pytest.mark.parametrize("token", ["..", "a.b.c", "eyJhbGciOiJFZERTQSJ9.e30.", "\u00e9.\u00e9.\u00e9", "." * 3, encoded([1]) + ".e30.x"])
def test_what_is_no_token_is_refused(verifier: Verifier, issuer: Issuer, token: str) -> None:
    refused(verifier, issuer, token)


def test_an_altered_token_is_refused(verifier: Verifier, issuer: Issuer) -> None:
    head, _, signature = issuer.token().split(".")
    _, claims = parts(issuer.token())
    refused(verifier, issuer, f"{head}.{encoded(claims | {'sub': 'somebody'})}.{signature}")


def test_after_a_rotation_tokens_of_both_keys_are_believed(issuer: Issuer) -> None:
    clock = [NOW]
    verifier = Verifier(issuer.app.settings.url, lambda: clock[0])
    former = issuer.token()
    verifier.verify(former, issuer.jwks)
    assert issuer.app.rotate_signing_key(NOON) in [key["kid"] for key in issuer.jwks()["keys"]]
    clock[0] += 2
    new = issuer.token()
    assert parts(new)[0]["kid"] != parts(former)[0]["kid"]
    for token in (new, former):
        verifier.verify(token, issuer.jwks)


def test_made_up_key_ids_do_not_make_the_gateway_ask_each_time(verifier: Verifier, issuer: Issuer) -> None:
    for number in range(20):
        refused(verifier, issuer, signed(issuer, {"kid": str(number)}))
    assert issuer.asked == 1


def test_no_private_key_is_stored_or_told(issuer: Issuer) -> None:
    private = issuer.key().as_dict(private=True)["d"]
    assert not any(private.encode() in each.state for each in issuer.app.recorder.select_notifications(1, 10_000))
    assert all("d" not in key for key in issuer.jwks()["keys"])


def test_a_revoked_pair_makes_no_token(issuer: Issuer) -> None:
    issuer.app.revoke_key_pair(account_id=issuer.whose["account_id"], workspace_id=VISION, access_key=issuer.pair["access_key"])
    with pytest.raises(Unauthenticated, match="credential_invalid"):
        issuer.token()
