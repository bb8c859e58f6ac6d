"""Which fields a credential has at which provider, and what they look like."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.chassis.errors import Unprocessable

Values = Mapping[str, str]
Problems = dict[str, list[str]]

# What is shown in the place of a secret, and taken back as "the same as before".
MASK = "********"
_MISSING = "Missing data for required field."


@dataclass(frozen=True)
class Field:
    """Taken whole: a blank or a line break at its end is refused, not dropped. ``freely``: it may change while the secrets stay."""

    pattern: str
    hint: str
    secret: bool = False
    required: bool = True
    freely: bool = False

    def fits(self, value: str) -> bool:
        return re.fullmatch(self.pattern, value, re.ASCII) is not None


@dataclass(frozen=True)
class Provider:
    fields: Mapping[str, Field]
    problems: Callable[[Values], Problems] = lambda values: {}
    # What may be told of what only the secrets say.
    told: Callable[[Values], dict[str, str]] = lambda values: {}

    def shown(self, values: Values) -> dict[str, str]:
        return self.told(values) | {name: MASK if self.fields[name].secret else value for name, value in values.items()}

    def secrets(self, values: Values) -> dict[str, str]:
        return {name: value for name, value in values.items() if self.fields[name].secret}


def checked(provider: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The values, if they are what this provider's credentials are made of; Unprocessable says by field what is wrong with which."""
    known = PROVIDERS[provider]
    given = _given(values)
    problems = {name: [problem] for name, value in given.items() if (problem := _problem(known, provider, name, value))}
    problems |= {name: [_MISSING] for name, field in known.fields.items() if field.required and name not in given}
    if problems := problems or known.problems(given):
        raise Unprocessable("invalid_fields", "see errors for what is wrong with each field", problems)
    return given


def merged(provider: str, former: Values, values: Mapping[str, Any]) -> dict[str, str]:
    """Secrets that are left out, or come back masked, stay, unless they would serve something else then: another account, another host."""
    known = PROVIDERS[provider]
    given = _given(values)
    if not any(name in given for name, field in known.fields.items() if field.secret):
        fixed = [name for name, field in known.fields.items() if not field.secret and not field.freely]
        if moved := [name for name in fixed if given.get(name) != former.get(name)]:
            raise Unprocessable(
                "secret_required",
                "give the secrets again with what they belong to",
                {name: ["Changes with its secret only."] for name in moved},
            )
        given |= known.secrets(former)
    return checked(provider, given)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != MASK}


def _problem(known: Provider, provider: str, name: str, value: Any) -> str | None:
    if name not in known.fields:
        return f"Not a field of {provider}."
    field = known.fields[name]
    return None if isinstance(value, str) and field.fits(value) else field.hint


def _azure_problems(values: Values) -> Problems:
    ways = [name for name in ("account_key", "sas_token", "client_secret") if name in values]
    if len(ways) != 1:
        return {"account_key": ["Give one of account_key, sas_token and client_secret."]}
    pair = ("tenant_id", "client_id")
    if ways == ["client_secret"]:
        return {name: [_MISSING] for name in pair if name not in values}
    return {name: ["Goes with client_secret only."] for name in pair if name in values}


def _gcp_problems(values: Values) -> Problems:
    try:
        key = service_account(values["credentials"])
    except ValueError as error:
        return {"credentials": [str(error)]}
    return {} if values.get("project_id") or key.get("project_id") else {"project_id": ["The key names no project: give one."]}


def _gcp_told(values: Values) -> dict[str, str]:
    key = service_account(values["credentials"])
    return {"client_email": key["client_email"]} | ({"project_id": key["project_id"]} if key.get("project_id") else {})


def service_account(text: str) -> dict[str, str]:
    """A service account's key file. ValueError says what is wrong with it, and nothing of what it says."""
    try:
        key = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError("Not JSON: paste the whole key file of a service account.") from None
    wanted = ("client_email", "private_key")
    if not isinstance(key, dict) or key.get("type") != "service_account" or not all(isinstance(key.get(name), str) for name in wanted):
        raise ValueError("Not the key file of a service account: type, client_email and private_key are needed.")
    if not isinstance(key.get("project_id", ""), str):
        raise ValueError("project_id is not a text.")
    private_key(key["private_key"])
    return key


def private_key(pem: str) -> RSAPrivateKey:
    """ValueError if it does not parse. That its primes are primes is left to Google: to look stops everybody for 0.1 s."""
    try:
        key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    except Exception:
        # Whatever the library says may quote what it could not read.
        raise ValueError("Its private_key does not parse: was it cut off, or are its line breaks gone?") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("Its private_key is not an RSA key.")
    return key


def _no_constant(_: str) -> NoReturn:
    raise ValueError


_REGION = Field(r"[a-z0-9-]{2,40}", "A region such as us-west-2.", required=False, freely=True)
_AWS_KEY = Field(r"[A-Z0-9]{16,128}", "16 to 128 capital letters and digits, without blanks or line breaks.")
_AWS_SECRET = Field(r"[A-Za-z0-9/+=]{16,128}", "16 to 128 letters, digits, /, + and =, without blanks or line breaks.", secret=True)
_S3_KEY = Field(r"[\x21-\x7e]{1,128}", "1 to 128 printable ASCII characters, without blanks or line breaks.")
_UUID = Field(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "A UUID.", required=False)
ENDPOINT = r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?/?"

PROVIDERS: Mapping[str, Provider] = {
    "aws": Provider(
        {
            "access_key_id": _AWS_KEY,
            "secret_access_key": _AWS_SECRET,
            "session_token": Field(
                r"[A-Za-z0-9/+=]{16,4096}", "As AWS gives it, without blanks or line breaks.", secret=True, required=False
            ),
            "region": _REGION,
        }
    ),
    "gcp": Provider(
        {
            "credentials": Field(
                r"[^\ud800-\udfff]{2,20000}", "The key file of a service account, at most 20,000 characters.", secret=True
            ),
            "project_id": Field(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "A project's id.", required=False, freely=True),
        },
        _gcp_problems,
        _gcp_told,
    ),
    "azure": Provider(
        {
            "account_name": Field(r"[a-z0-9]{3,24}", "3 to 24 lower-case letters and digits."),
            "account_key": Field(
                r"[A-Za-z0-9+/]{40,200}={0,2}", "Base64, as Azure gives it, without line breaks.", secret=True, required=False
            ),
            "sas_token": Field(
                r"\??(?=[\x21-\x7e]*sig=)[\x21-\x7e]{10,4096}", "A shared access signature, with its sig=.", secret=True, required=False
            ),
            "tenant_id": _UUID,
            "client_id": _UUID,
            "client_secret": Field(r"[\x21-\x7e]{1,256}", "Printable ASCII, without blanks or line breaks.", secret=True, required=False),
        },
        _azure_problems,
    ),
    "s3": Provider(
        {
            "endpoint_url": Field(ENDPOINT, "http:// or https:// with host and port only."),
            "access_key_id": _S3_KEY,
            "secret_access_key": Field(r"[\x21-\x7e]{1,256}", "Printable ASCII, without blanks or line breaks.", secret=True),
            "region": _REGION,
        }
    ),
}
