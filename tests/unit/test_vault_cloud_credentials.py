"""Cloud credentials: saved, changed, given out on record; whoever does not hold one learns nothing of it."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.errors import Conflict, NotFound, PermissionDenied, Unprocessable
from services.vault.application import Vault
from services.vault.domain.providers import MASK
from tests.builders.vault import ADA, AWS, AZURE, S3, VISION, add, key_file, vault
from tests.builders.workspaces import NOON, log, topics

OURS = {"owner_id": None, "workspace_id": VISION}


@pytest.fixture
def app() -> Vault:
    return vault()


def stored(app: Vault) -> str:
    return "".join(each.state.decode() for each in app.recorder.select_notifications(1, 10_000))


def change(app: Vault, credential_id: UUID, **more):
    said = {"provider": "aws", "name": "training", "uses": ["data"], "values": {}, "owner_id": ADA} | more
    return app.change_cloud_credential(credential_id=credential_id, **said)


@pytest.mark.feature("V-11")
@pytest.mark.parametrize("provider", ["aws", "gcp", "azure", "s3"])
def test_what_was_saved_is_shown_masked_and_given_out_whole(app, provider) -> None:
    added = add(app, provider)
    values = app.use_cloud_credential(added["id"], "data", owner_id=ADA)["values"]
    assert values == {"aws": AWS, "s3": S3, "azure": AZURE, "gcp": {"credentials": key_file()}}[provider]
    shown = app.get_cloud_credential(added["id"], owner_id=ADA)
    assert shown == added
    assert MASK in shown["shown"].values()
    assert not [value for name, value in values.items() if shown["shown"][name] == MASK and value in repr(shown)]


@pytest.mark.parametrize("provider", ["aws", "gcp", "azure", "s3"])
def test_no_event_holds_what_is_secret_or_what_it_is_called(app, provider) -> None:
    added = add(app, provider, name="the name of it")
    values = app.use_cloud_credential(added["id"], "data", owner_id=ADA)["values"]
    change(app, added["id"], provider=provider, values=values)
    text = stored(app)
    assert "the name of it" not in text
    for value in values.values():
        assert json.dumps(value)[1:-1] not in text
    assert values.get("credentials", "PRIVATE")[:60] not in text


@pytest.mark.feature("V-11")
def test_a_change_keeps_secrets_that_are_left_out_and_the_former_version_is_gone(app) -> None:
    added = add(app)
    former = app.sealing
    changed = change(app, added["id"], name="other", values={"access_key_id": AWS["access_key_id"], "region": "us-west-2"})
    assert (changed["name"], changed["uses"], changed["shown"]["region"]) == ("other", ["data"], "us-west-2")
    assert app.use_cloud_credential(added["id"], "data", owner_id=ADA)["values"] == AWS | {"region": "us-west-2"}
    assert [version for _, version in former._envelopes] == [2]


def test_a_refused_change_changes_nothing(app) -> None:
    added = add(app)
    for values in ({"access_key_id": "AKIAOTHEROTHEROTHER1"}, {"project_id": "vision"}, AWS | {"region": "two words"}):
        with pytest.raises(Unprocessable):
            change(app, added["id"], values=values)
    with pytest.raises(Unprocessable) as refusal:
        change(app, added["id"], provider="s3", values=S3)
    assert list(refusal.value.fields) == ["provider"]
    assert topics(app) == ["vault.cloud_credential.added"]
    assert app.get_cloud_credential(added["id"], owner_id=ADA) == added


def test_nothing_is_saved_of_what_is_refused(app) -> None:
    with pytest.raises(Unprocessable):
        add(app, "aws", values=S3)
    assert log(app) == []


@pytest.mark.feature("V-13")
def test_a_credential_is_good_for_the_uses_it_is_bound_to_and_no_other(app) -> None:
    for uses in ([], ["data"], ["compute"], ["compute", "data", "data"]):
        added = add(app, uses=uses)
        assert added["uses"] == [use for use in ("data", "compute") if use in uses]
        for use in ("data", "compute"):
            if use in uses:
                assert app.use_cloud_credential(added["id"], use, owner_id=ADA)["use"] == use
            else:
                with pytest.raises(PermissionDenied, match="use_not_bound"):
                    app.use_cloud_credential(added["id"], use, owner_id=ADA)


def test_each_use_is_on_record_with_who_and_by_which_credential(app) -> None:
    added = add(app, **OURS)
    with context.use(CallContext(actor_id=str(ADA), credential_id="token-7", ip="192.0.2.7")):
        app.use_cloud_credential(added["id"], "compute", workspace_id=VISION)
    used = log(app)[-1]
    assert (used.TOPIC, used.kind, used.record_id, used.use, used.workspace_id) == (
        "vault.secret.used",
        "cloud_credential",
        added["id"],
        "compute",
        VISION,
    )
    assert (used.metadata["actor_id"], used.metadata["credential_id"], used.metadata["ip"]) == (str(ADA), "token-7", "192.0.2.7")


def test_a_use_that_is_refused_is_no_use(app) -> None:
    added = add(app, uses=[])
    with pytest.raises(PermissionDenied):
        app.use_cloud_credential(added["id"], "data", owner_id=ADA)
    assert topics(app) == ["vault.cloud_credential.added"]


@pytest.mark.parametrize(
    "holder", [{"owner_id": uuid4()}, {"owner_id": ADA}, {"workspace_id": uuid4()}, {"owner_id": ADA, "workspace_id": VISION}]
)
def test_what_one_does_not_hold_is_not_there(app, holder) -> None:
    added = add(app, **OURS)
    for attempt in (
        lambda: app.get_cloud_credential(added["id"], **holder),
        lambda: app.use_cloud_credential(added["id"], "data", **holder),
        lambda: app.delete_cloud_credential(added["id"], **holder),
        lambda: app.make_secret_link(credential_id=added["id"], account_id=ADA, use="data", now=NOON, **holder),
        lambda: app.check_cloud_credential(credential_id=added["id"], account_id=ADA, now=NOON, policy={}, **holder),
        lambda: change(app, added["id"], **({"owner_id": None} | holder)),
    ):
        with pytest.raises(NotFound, match="cloud_credential_not_found"):
            attempt()


@pytest.mark.feature("V-11")
def test_a_deleted_one_is_gone_with_what_it_said(app) -> None:
    added = add(app)
    app.delete_cloud_credential(added["id"], owner_id=ADA)
    with pytest.raises(NotFound):
        app.get_cloud_credential(added["id"], owner_id=ADA)
    assert app.sealing._envelopes == {}


@pytest.mark.feature("V-14")
def test_a_pasted_policy_is_judged_without_opening_anything(app) -> None:
    added = add(app)
    policy = {"Statement": [{"Effect": "Allow", "Action": ["ec2:*", "autoscaling:*"], "Resource": "*"}]}
    found = app.check_cloud_credential(credential_id=added["id"], account_id=ADA, now=NOON, policy=policy, owner_id=ADA)
    assert (found["source"], len(found["needed"])) == ("policy", 41)
    assert found["missing"] == [action for action in found["needed"] if action.startswith("s3:")]
    assert topics(app) == ["vault.cloud_credential.added"]


@pytest.mark.parametrize("provider", ["azure", "s3"])
def test_no_permissions_are_known_for_what_runs_no_experiments(app, provider) -> None:
    added = add(app, provider)
    with pytest.raises(Conflict, match="no_permission_list"):
        app.check_cloud_credential(credential_id=added["id"], account_id=ADA, now=NOON, owner_id=ADA)


def link(app: Vault, credential_id: UUID, **more):
    return app.make_secret_link(**{"credential_id": credential_id, "account_id": ADA, "use": "data", "now": NOON, "owner_id": ADA} | more)


def test_a_link_hands_over_once_and_the_second_time_alerts(app) -> None:
    added = add(app)
    made = link(app, added["id"])
    assert app.open_secret_link(made["token"], NOON)["values"] == AWS
    assert topics(app, 2) == ["vault.secret.used", "vault.secret_link.opened"]
    assert log(app)[2].link_id == made["id"]
    for times in (1, 2):
        with pytest.raises(Conflict, match="secret_link_used"):
            app.open_secret_link(made["token"], NOON)
        assert topics(app, 4) == ["vault.secret_link.reopened"] * times
    assert log(app)[-1].made_by == ADA


def test_a_link_ends_by_itself(app) -> None:
    made = link(app, add(app)["id"], minutes=5)
    with pytest.raises(Conflict, match="secret_link_expired"):
        app.open_secret_link(made["token"], NOON + timedelta(minutes=5))
    with pytest.raises(Unprocessable) as refusal:
        link(app, add(app)["id"], minutes=61)
    assert list(refusal.value.fields) == ["minutes"]


def test_a_link_ends_with_its_credential_and_with_the_use_it_was_made_for(app) -> None:
    added, other = add(app), add(app)
    gone, unbound = link(app, added["id"]), link(app, other["id"], use="compute")
    app.delete_cloud_credential(added["id"], owner_id=ADA)
    with pytest.raises(NotFound):
        app.open_secret_link(gone["token"], NOON)
    change(app, other["id"], values={"access_key_id": AWS["access_key_id"]})
    with pytest.raises(PermissionDenied, match="use_not_bound"):
        app.open_secret_link(unbound["token"], NOON)
    with pytest.raises(PermissionDenied, match="use_not_bound"):
        link(app, other["id"], use="compute")


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: t + "A", lambda t: "gs_" + t, lambda t: "", lambda t: "gs_ä.x", lambda t: t.swapcase()]
)
def test_a_damaged_link_is_unknown(app, spoil) -> None:
    made = link(app, add(app)["id"])
    with pytest.raises(NotFound, match="secret_link_unknown"):
        app.open_secret_link(spoil(made["token"]), NOON)
