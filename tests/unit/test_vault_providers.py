"""What a credential of each provider is made of, and what is refused with the field's name and without its value."""

import pytest

from services.chassis.errors import Unprocessable
from services.vault.domain.providers import MASK, PROVIDERS, checked, merged
from tests.builders.vault import AWS, AZURE, S3, key_file, private_key

GCP = {"credentials": key_file()}
TENANT = "11111111-2222-4333-8444-555555555555"


def refused(provider: str, values: dict) -> dict[str, list[str]]:
    with pytest.raises(Unprocessable) as refusal:
        checked(provider, values)
    told = repr(refusal.value.args)
    assert not [value for value in values.values() if isinstance(value, str) and len(value) > 12 and value in told]
    return refusal.value.fields


@pytest.mark.feature("V-12")
@pytest.mark.parametrize(
    ("provider", "values"),
    [
        ("aws", AWS),
        ("aws", AWS | {"session_token": "a" * 400}),
        ("gcp", GCP),
        ("gcp", {"credentials": key_file(project_id=None), "project_id": "other-project"}),
        ("azure", AZURE),
        ("azure", {"account_name": "vision", "sas_token": "?sv=2022&sig=abc%3D"}),
        ("azure", {"account_name": "vision", "tenant_id": TENANT, "client_id": TENANT, "client_secret": "s~x"}),
        ("s3", S3),
    ],
)
def test_what_each_provider_hands_out_is_taken_and_shown_without_its_secrets(provider: str, values: dict) -> None:
    assert checked(provider, values) == values
    shown = PROVIDERS[provider].shown(values)
    secrets = PROVIDERS[provider].secrets(values)
    assert secrets
    assert not set(secrets.values()) & set(shown.values())
    assert all(shown[name] == MASK for name in secrets)


def test_a_service_account_shows_whose_it_is() -> None:
    shown = PROVIDERS["gcp"].shown(GCP)
    assert (shown["client_email"], shown["project_id"]) == ("runner@vision-123.iam.gserviceaccount.com", "vision-123")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_fields_of_another_provider_are_named(provider: str) -> None:
    others = {name for other, known in PROVIDERS.items() if other != provider for name in known.fields} - set(PROVIDERS[provider].fields)
    for name in others:
        assert refused(provider, {name: "whatever-it-says"})[name] == [f"Not a field of {provider}."]


@pytest.mark.parametrize(
    ("provider", "values", "name"),
    [(p, values, name) for p, values in (("aws", AWS), ("azure", AZURE), ("s3", S3)) for name in values],
)
@pytest.mark.parametrize(
    "spoil", [lambda v: v + "\n", lambda v: f"{v}\r\n", lambda v: f" {v}", lambda v: v + "\x00", lambda v: v + "\ud800"]
)
def test_a_line_break_or_blank_in_a_credential_is_refused_not_dropped(provider, values, name, spoil) -> None:
    assert list(refused(provider, values | {name: spoil(values[name])})) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "nonsense",
        "\ufeff" + key_file(),
        key_file()[:-1] + ', "more": NaN}',
        key_file(type="authorized_user"),
        key_file(client_email=None),
        key_file(private_key="-----BEGIN PRIVATE KEY-----\nnot base64\n-----END PRIVATE KEY-----\n"),
        key_file(private_key=private_key()[:400]),
        key_file(private_key=private_key("ec")),
        key_file(private_key=7),
        key_file(project_id=7),
        "[" * 15000,
        key_file() + "\ud800",
        "x" * 20_001,
    ],
    ids=lambda text: text[:20] or "empty",
)
def test_a_key_file_that_is_none_or_whose_private_key_does_not_parse_is_refused(text: str) -> None:
    assert list(refused("gcp", {"credentials": text})) == ["credentials"]


def test_a_key_without_a_project_asks_for_one() -> None:
    assert list(refused("gcp", {"credentials": key_file(project_id=None)})) == ["project_id"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"account_name": "vision"}, "account_key"),
        (AZURE | {"sas_token": "?sv=2022&sig=abc"}, "account_key"),
        (AZURE | {"tenant_id": TENANT}, "tenant_id"),
        ({"account_name": "vision", "client_secret": "s~x", "client_id": TENANT}, "tenant_id"),
        ({"account_name": "vision", "sas_token": "?sv=2022&nothing=signed"}, "sas_token"),
    ],
)
def test_azure_takes_exactly_one_kind_of_secret(values: dict, named: str) -> None:
    assert named in refused("azure", values)


@pytest.mark.parametrize("url", ["ftp://x", "https://user:pw@host", "https://host/path", "https://host?x=1", "host", "https://h\nx"])
def test_an_endpoint_is_an_address_and_nothing_else(url: str) -> None:
    assert list(refused("s3", S3 | {"endpoint_url": url})) == ["endpoint_url"]


def test_secrets_left_out_or_masked_stay() -> None:
    for secret in ({}, {"secret_access_key": MASK}, {"secret_access_key": None}):
        changed = {"access_key_id": AWS["access_key_id"], "region": "us-east-1", **secret}
        assert merged("aws", AWS, changed) == AWS | {"region": "us-east-1"}


@pytest.mark.parametrize(
    ("provider", "former", "moved"),
    [("aws", AWS, {"access_key_id": "AKIAOTHEROTHEROTHER1"}), ("s3", S3, {"endpoint_url": "https://elsewhere.example.org"})],
)
def test_a_secret_that_nobody_gave_again_does_not_come_to_serve_something_else(provider, former, moved) -> None:
    known = {name: value for name, value in former.items() if not PROVIDERS[provider].fields[name].secret}
    with pytest.raises(Unprocessable, match="secret_required") as refusal:
        merged(provider, former, known | moved)
    assert list(refusal.value.fields) == list(moved)


def test_a_mask_is_no_secret_for_a_new_credential() -> None:
    assert list(refused("s3", S3 | {"secret_access_key": MASK})) == ["secret_access_key"]
