"""AWS and Google Cloud as servers of the tests' own: moto for one, a small double for the other."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import boto3
import requests
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import RSAKey
from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicy, PermissionResult, create_access_key
from moto.iam.responses import IamResponse
from moto.server import ThreadedMotoServer

from tests.servers import serving

REGION = "us-east-1"
EVERYBODY_MAY = 10**9


class Aws:
    """Its IAM judges policies as moto does; moto only lacks the action that asks for the judgement, so that is added here."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str, **keys: str) -> Any:
        keys = keys or {"aws_access_key_id": "AKIATHEOPERATOR00000", "aws_secret_access_key": "operator"}
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **keys)

    def user(self, *policies: dict[str, Any]) -> dict[str, str]:
        """A credential, as the vault is given it, of a new user with these policies."""
        iam, name = self.client("iam"), f"runner-{uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        for number, policy in enumerate(policies):
            iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=json.dumps({"Version": "2012-10-17", **policy}))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}

    def kms_key(self) -> str:
        return str(self.client("kms").create_key()["KeyMetadata"]["KeyId"])

    @contextmanager
    def strict(self) -> Iterator[None]:
        """From now on nobody gets anything without a good signature and a policy that allows it."""
        requests.post(f"{self.url}/moto-api/reset-auth", data="0", timeout=5).raise_for_status()
        try:
            yield
        finally:
            requests.post(f"{self.url}/moto-api/reset-auth", data=str(EVERYBODY_MAY), timeout=5).raise_for_status()


def _simulate_principal_policy(self: Any) -> ActionResult:
    user = self.backend.get_user(self._get_param("PolicySourceArn").rpartition("/")[2])
    keys = create_access_key(self.current_account, self.partition, user.access_keys[0].access_key_id, {})
    policies = [IAMPolicy(policy) for policy in keys.collect_policies()]
    results = [{"EvalActionName": name, "EvalDecision": _decision(policies, name)} for name in self._get_param("ActionNames")]
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _decision(policies: list[IAMPolicy], action: str) -> str:
    found = {policy.is_action_permitted(action) for policy in policies}
    if PermissionResult.DENIED in found:
        return "explicitDeny"
    return "allowed" if PermissionResult.PERMITTED in found else "implicitDeny"


@contextmanager
def aws() -> Iterator[Aws]:
    IamResponse.simulate_principal_policy = _simulate_principal_policy
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Aws(f"http://{host}:{port}")
    finally:
        server.stop()
        del IamResponse.simulate_principal_policy


class Gcp:
    """Gives a token for an assertion that the service account has signed, and tells what that account may do with its project."""

    def __init__(self) -> None:
        self.granted: dict[str, list[str]] = {}
        self.public: dict[str, RSAKey] = {}
        self.fails_with = 0
        self.calls: list[str] = []
        self.url = ""

    def trust(self, key_file: str, granted: list[str]) -> None:
        key = json.loads(key_file)
        pem = load_pem_private_key(key["private_key"].encode(), None)
        self.public[key["client_email"]] = RSAKey.import_key(pem.public_key())  # type: ignore[arg-type]
        self.granted[key["project_id"]] = granted

    def answer(self, path: str, body: bytes, token: str) -> tuple[int, Any]:
        self.calls.append(path)
        if self.fails_with:
            return self.fails_with, {"error": "made to fail"}
        return self._token(body) if path == "/token" else self._permissions(path, json.loads(body), token)

    def _token(self, body: bytes) -> tuple[int, Any]:
        assertion = parse_qs(body.decode())["assertion"][0]
        for email, key in self.public.items():
            try:
                claims = jwt.decode(assertion, key).claims
            except Exception:
                continue
            if claims["iss"] == email and claims["aud"] == "https://oauth2.googleapis.com/token" and claims["exp"] > claims["iat"]:
                return 200, {"access_token": f"ya29.{email}"}
        return 400, {"error": "invalid_grant"}

    def _permissions(self, path: str, body: dict[str, Any], token: str) -> tuple[int, Any]:
        project = path.removeprefix("/v3/projects/").removesuffix(":testIamPermissions")
        if not token.startswith("Bearer ya29.") or project not in self.granted:
            return 403, {"error": {"status": "PERMISSION_DENIED"}}
        return 200, {"permissions": [name for name in body["permissions"] if name in self.granted[project]]}


@contextmanager
def gcp() -> Iterator[Gcp]:
    double = Gcp()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = double.answer(urlsplit(self.path).path, body, self.headers.get("Authorization", ""))
            raw = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield double
