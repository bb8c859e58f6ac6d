"""AWS: who the credential is (STS), and what IAM's policy simulator says that identity may do."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from services.chassis.settings import Settings
from services.vault.clouds.refusals import away, may_not_ask, refused

_DENIED = ("AccessDenied", "AccessDeniedException", "NoSuchEntity")
_SIMULATE = "iam:SimulatePrincipalPolicy"


def missing(_settings: Settings, values: Mapping[str, str], needed: Sequence[str]) -> list[str]:
    """AWS_ENDPOINT_URL_IAM and …_STS move the addresses. The root user of an account may do everything, so nothing is asked for it."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        identity = _client("sts", values).get_caller_identity()["Arn"]
        return [] if identity.endswith(":root") else _simulated(_client("iam", values), _principal(identity), needed)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or code.startswith("Throttl"):
            raise away("AWS") from None
        raise may_not_ask("AWS", _SIMULATE) if code in _DENIED else refused("AWS", code) from None
    except BotoCoreError:
        raise away("AWS") from None


def _simulated(iam: Any, principal: str, needed: Sequence[str]) -> list[str]:
    pages = iam.get_paginator("simulate_principal_policy").paginate(PolicySourceArn=principal, ActionNames=list(needed))
    decided = {result["EvalActionName"].lower(): result["EvalDecision"] for page in pages for result in page["EvaluationResults"]}
    return [action for action in needed if decided.get(action.lower()) != "allowed"]


def _principal(identity: str) -> str:
    """The simulator knows roles, not the sessions of those who have assumed them."""
    return re.sub(r"^arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/.*", r"arn:\1:iam::\2:role/\3", identity)


def _client(service: str, values: Mapping[str, str]) -> Any:
    from botocore.config import Config

    return _session().client(
        service,
        aws_access_key_id=values["access_key_id"],
        aws_secret_access_key=values["secret_access_key"],
        aws_session_token=values.get("session_token"),
        region_name=values.get("region", "us-east-1"),
        # Within the time a request through the gateway has.
        config=Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1}),
    )


@cache
def _session() -> Any:
    """Holds no credential, only what botocore has read of its own files."""
    import boto3  # late: it costs a process that does not need it 20 MB

    return boto3.Session()
