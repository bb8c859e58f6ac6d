"""GCP: an access token for the service account, then ``testIamPermissions`` on its project."""

import json
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from services.chassis.settings import Settings
from services.vault.clouds.refusals import away, may_not_ask, refused
from services.vault.domain.providers import private_key, service_account

_TOKENS, _PROJECTS = "https://oauth2.googleapis.com", "https://cloudresourcemanager.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_PATIENCE, _LONGEST = 1.5, 262_144


def missing(settings: Settings, values: Mapping[str, str], needed: Sequence[str]) -> list[str]:
    key = service_account(values["credentials"])
    # Never the token_uri that the key names: whoever saves a key must not choose whom this server calls.
    base = settings.vault_gcp_url
    token = _token(base or _TOKENS, key)
    project = quote(values.get("project_id") or key["project_id"], safe="")
    granted = _asked(base or _PROJECTS, f"/v3/projects/{project}:testIamPermissions", token, needed)
    return [permission for permission in needed if permission not in granted]


def _token(url: str, key: Mapping[str, str]) -> str:
    now = int(time.time())
    claims = {"iss": key["client_email"], "scope": _SCOPE, "aud": f"{_TOKENS}/token", "iat": now, "exp": now + 300}
    signing = RSAKey.import_key(private_key(key["private_key"]))
    signed = jwt.encode({"alg": "RS256", "typ": "JWT"}, claims, signing)
    body = urlencode({"grant_type": _GRANT, "assertion": signed}).encode()
    status, answer = _post(url, "/token", body, {"Content-Type": "application/x-www-form-urlencoded"})
    if status != 200 or not isinstance(answer.get("access_token"), str):
        raise refused("Google Cloud", str(answer.get("error", status))[:60])
    token: str = answer["access_token"]
    return token


def _asked(url: str, path: str, token: str, needed: Sequence[str]) -> set[str]:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    status, answer = _post(url, path, json.dumps({"permissions": list(needed)}).encode(), headers)
    if status != 200:
        raise may_not_ask("Google Cloud", "resourcemanager.projects.get on its project, which must have the Resource Manager API enabled")
    return set(answer.get("permissions", []))


def _post(url: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_PATIENCE)
    try:
        # One request and no more: a redirect is a refusal like any other.
        connection.request("POST", parts.path.rstrip("/") + path, body, dict(headers))
        answer = connection.getresponse()
        if answer.status >= 500 or answer.status == 429:
            raise away("Google Cloud")
        said = json.loads(answer.read(_LONGEST))
        return answer.status, said if isinstance(said, dict) else {}
    except (OSError, HTTPException, ValueError):
        raise away("Google Cloud") from None
    finally:
        connection.close()
