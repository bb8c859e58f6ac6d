"""What a cloud credential lacks, asked of the clouds: AWS over HTTP to moto, Google Cloud over HTTP to a double."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.chassis.errors import Conflict, LimitExceeded, Unavailable
from services.chassis.settings import Settings
from services.vault.application import Vault
from services.vault.permissions import needed
from tests.builders.vault import ADA, add, key_file
from tests.builders.workspaces import NOON, topics
from tests.kit import clouds
from tests.servers import free_port

ENOUGH = {"Statement": [{"Effect": "Allow", "Action": list(needed("aws")), "Resource": "*"}]}
WHO = {"Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def aws() -> Iterator[clouds.Aws]:
    with clouds.aws() as running:
        yield running


@pytest.fixture
def gcp() -> Iterator[clouds.Gcp]:
    with clouds.gcp() as running:
        yield running


@pytest.fixture
def app(aws: clouds.Aws, gcp: clouds.Gcp, monkeypatch: pytest.MonkeyPatch) -> Vault:
    for service in ("IAM", "STS"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", aws.url)
    return Vault.in_memory(Settings(secret_key="k" * 32, vault_gcp_url=gcp.url, cloud_checks=2))


def check(app: Vault, provider: str, values: dict[str, str]) -> dict[str, Any]:
    added = add(app, provider, values=values)
    return app.check_cloud_credential(credential_id=added["id"], account_id=ADA, now=NOON, owner_id=ADA)


@pytest.mark.feature("V-14")
def test_aws_tells_what_a_user_may_not(app: Vault, aws: clouds.Aws) -> None:
    assert check(app, "aws", aws.user(ENOUGH))["missing"] == []
    deny = {"Statement": [{"Effect": "Deny", "Action": "ec2:Run*", "Resource": "*"}]}
    found = check(app, "aws", aws.user(ENOUGH, deny))
    assert (found["source"], found["missing"]) == ("cloud", ["ec2:RunInstances"])


def test_a_user_without_any_policy_lacks_everything(app: Vault, aws: clouds.Aws) -> None:
    assert check(app, "aws", aws.user())["missing"] == list(needed("aws"))


def test_asking_is_a_use_on_record(app: Vault, aws: clouds.Aws) -> None:
    check(app, "aws", aws.user(ENOUGH))
    assert topics(app) == ["vault.cloud_credential.added", "vault.secret.used"]


def test_keys_that_aws_does_not_know_are_refused_with_its_reason(app: Vault, aws: clouds.Aws) -> None:
    unknown = {"access_key_id": "AKIAUNKNOWNUNKNOWN00", "secret_access_key": "x" * 40}
    wrong = aws.user(ENOUGH) | {"secret_access_key": "x" * 40}
    with aws.strict():
        with pytest.raises(Conflict, match=r"cloud_refused.*InvalidClientTokenId"):
            check(app, "aws", unknown)
        with pytest.raises(Conflict, match=r"cloud_refused.*SignatureDoesNotMatch"):
            check(app, "aws", wrong)


def test_a_credential_that_may_not_ask_is_told_what_it_needs_for_that(app: Vault, aws: clouds.Aws) -> None:
    values = aws.user(ENOUGH, WHO)
    with aws.strict(), pytest.raises(Conflict, match=r"cloud_check_denied.*iam:SimulatePrincipalPolicy"):
        check(app, "aws", values)


def test_aws_that_is_away_is_no_verdict(app: Vault, aws: clouds.Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    values = aws.user(ENOUGH)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable, match="cloud_unavailable"):
        check(app, "aws", values)


@pytest.mark.feature("V-14")
def test_google_tells_what_a_service_account_may_not(app: Vault, gcp: clouds.Gcp) -> None:
    everything = list(needed("gcp"))
    gcp.trust(key_file(), everything)
    assert check(app, "gcp", {"credentials": key_file()})["missing"] == []
    gcp.trust(key_file(), everything[2:])
    assert check(app, "gcp", {"credentials": key_file()})["missing"] == everything[:2]
    assert gcp.calls == ["/token", "/v3/projects/vision-123:testIamPermissions"] * 2


def test_the_project_may_be_another_than_that_of_the_key(app: Vault, gcp: clouds.Gcp) -> None:
    gcp.trust(key_file(), [])
    gcp.granted["other-project"] = list(needed("gcp"))
    assert check(app, "gcp", {"credentials": key_file(), "project_id": "other-project"})["missing"] == []


def test_a_key_that_google_does_not_know_is_refused(app: Vault, gcp: clouds.Gcp) -> None:
    with pytest.raises(Conflict, match=r"cloud_refused.*invalid_grant"):
        check(app, "gcp", {"credentials": key_file()})


def test_a_project_that_does_not_let_the_account_ask(app: Vault, gcp: clouds.Gcp) -> None:
    gcp.trust(key_file(), [])
    with pytest.raises(Conflict, match="cloud_check_denied"):
        check(app, "gcp", {"credentials": key_file(), "project_id": "someone-elses"})


@pytest.mark.parametrize("status", [429, 500, 503])
def test_google_that_is_out_of_order_is_no_verdict(app: Vault, gcp: clouds.Gcp, status: int) -> None:
    gcp.trust(key_file(), [])
    gcp.fails_with = status
    with pytest.raises(Unavailable, match="cloud_unavailable"):
        check(app, "gcp", {"credentials": key_file()})


def test_nobody_is_called_whom_the_key_names(app: Vault, gcp: clouds.Gcp) -> None:
    with clouds.gcp() as other:
        names_another = key_file(token_uri=f"{other.url}/token")
        for double in (gcp, other):
            double.trust(names_another, list(needed("gcp")))
        assert check(app, "gcp", {"credentials": names_another})["missing"] == []
        assert other.calls == []


def test_checks_are_counted(app: Vault, gcp: clouds.Gcp) -> None:
    gcp.trust(key_file(), [])
    for _ in range(2):
        check(app, "gcp", {"credentials": key_file()})
    with pytest.raises(LimitExceeded, match="too_many_attempts"):
        check(app, "gcp", {"credentials": key_file()})
