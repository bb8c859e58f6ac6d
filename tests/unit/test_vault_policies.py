"""Which permissions a policy document grants, judged without the cloud."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.errors import Unprocessable
from services.vault.domain.policy import aws_grants, gcp_grants
from services.vault.permissions import needed

AWS, GCP = needed("aws"), needed("gcp")


def allow(*actions: str, **more) -> dict:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"} | more


def deny(*actions: str, **more) -> dict:
    return allow(*actions, **more) | {"Effect": "Deny"}


def policy(*statements: dict) -> dict:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.feature("V-14")
def test_the_lists_are_those_that_running_experiments_needs() -> None:
    assert len(AWS) == len(set(AWS)) == 41
    assert [sum(action.startswith(f"{service}:") for action in AWS) for service in ("autoscaling", "ec2", "s3")] == [5, 30, 6]
    assert len(GCP) == len(set(GCP)) == 44
    assert [sum(name.startswith(f"{service}.") for name in GCP) for service in ("compute", "iam", "storage")] == [31, 1, 12]


@pytest.mark.parametrize(
    "statements", [allow(*AWS), allow("*"), allow("ec2:*", "autoscaling:*", "s3:*"), allow("EC2:*", "AutoScaling:*", "S3:*")]
)
def test_what_is_granted_by_name_by_wildcard_or_in_other_letters_is_not_missing(statements: dict) -> None:
    assert aws_grants(policy(statements), AWS).missing == []


@pytest.mark.feature("V-14")
def test_what_nobody_allows_is_missing() -> None:
    grants = aws_grants(policy(allow("ec2:Describe*", "s3:?etObject")), AWS)
    assert "ec2:DescribeImages" not in grants.missing
    assert "s3:GetObject" not in grants.missing
    assert {"ec2:RunInstances", "s3:PutObject", "autoscaling:CreateAutoScalingGroup"} <= set(grants.missing)


def test_a_deny_beats_an_allow_wherever_it_stands() -> None:
    for statements in ([deny("ec2:RunInstances"), allow("*")], [allow("*"), deny("ec2:Run*")]):
        assert aws_grants(policy(*statements), AWS).missing == ["ec2:RunInstances"]


def test_not_action_is_everything_else_whether_allowed_or_denied() -> None:
    besides = {"Effect": "Allow", "NotAction": ["s3:*"], "Resource": "*"}
    assert aws_grants(policy(besides), AWS).missing == [action for action in AWS if action.startswith("s3:")]
    only = {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}
    assert aws_grants(policy(allow("*"), only), AWS).missing == [action for action in AWS if not action.startswith("s3:")]


@pytest.mark.parametrize(
    "statements",
    [
        [allow("*", Resource="arn:aws:s3:::one-bucket/*")],
        [allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})],
        [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::one-bucket"}],
        [allow("*"), deny("*", Resource="arn:aws:s3:::one-bucket/*")],
        [allow("*"), deny("*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}})],
    ],
)
def test_what_holds_in_some_cases_only_is_told_apart(statements: list[dict]) -> None:
    grants = aws_grants(policy(*statements), AWS)
    assert (grants.missing, grants.limited) == ([], list(AWS))


def test_a_grant_without_limits_outweighs_one_with() -> None:
    assert aws_grants(policy(allow("*"), allow("*", Resource="arn:aws:s3:::b")), AWS).limited == []


def test_one_statement_may_stand_alone() -> None:
    assert aws_grants({"Statement": allow("*")}, AWS).missing == []


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({}, "Statement"),
        ({"Statement": []}, "Statement"),
        ({"Statement": "Allow"}, "Statement"),
        (policy("Allow"), "Statement[0].Effect"),
        (policy(allow("*"), allow("*", Effect="allow")), "Statement[1].Effect"),
        (policy({"Effect": "Allow", "Resource": "*"}), "Statement[0].Action"),
        (policy(allow("*", NotAction="s3:*")), "Statement[0].Action"),
        (policy({"Effect": "Allow", "Action": "*"}), "Statement[0].Resource"),
        (policy(allow()), "Statement[0].Action"),
        (policy(allow(Action=7)), "Statement[0].Action"),
        (policy(allow(Action=["s3:*", None])), "Statement[0].Action"),
        (policy(allow("*" * 2049)), "Statement[0].Action"),
        (policy(allow("*", Resource={})), "Statement[0].Resource"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_place(document: dict, place: str) -> None:
    with pytest.raises(Unprocessable, match="invalid_policy") as refusal:
        aws_grants(document, AWS)
    assert list(refusal.value.fields["policy"]) == [place]


def test_many_wildcards_take_no_time() -> None:
    assert len(aws_grants(policy(*[allow("*a" * 1000 + "!")] * 50), AWS).missing) == 41


@given(st.text(alphabet="[]^!-*?.\\(){}|+$sS3:", max_size=30))
def test_letters_that_mean_something_in_expressions_mean_themselves(action: str) -> None:
    plain = "".join(c for c in action if c not in "*?")
    if plain:
        assert aws_grants(policy(allow(plain)), [plain]).missing == []
        assert aws_grants(policy(allow(plain)), [f"{plain}x"]).missing == [f"{plain}x"]


@pytest.mark.feature("V-14")
def test_a_gcp_role_is_judged_by_its_permissions() -> None:
    assert gcp_grants({"includedPermissions": list(GCP)}, GCP).missing == []
    assert gcp_grants({"includedPermissions": list(GCP[1:])}, GCP).missing == [GCP[0]]
    for wrong in ({}, {"includedPermissions": "all"}, {"includedPermissions": [1]}):
        with pytest.raises(Unprocessable, match="includedPermissions"):
            gcp_grants(wrong, GCP)


def test_the_lists_travel_with_the_package() -> None:
    import services.vault.permissions as package

    assert {path.name for path in Path(package.__file__).parent.glob("*.json")} == {"aws.json", "gcp.json"}
