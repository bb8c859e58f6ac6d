"""Signed heads in a bucket: each once, none ever overwritten, and tried again after the bucket was away."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.audit.application import Audit
from services.audit.projections import Journal
from services.audit.service import SPEC
from services.chassis import schema
from services.chassis.settings import SettingError, Settings
from services.chassis.sinks import ProjectionSink
from tests.builders.public_events import NOON, events
from tests.kit.clouds import REGION, Aws, aws

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Aws]:
    with aws() as cloud:
        yield cloud


@pytest.fixture
def app(settings: Settings, cloud: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Audit]:
    for name, value in {"ENDPOINT_URL_S3": cloud.url, "DEFAULT_REGION": REGION, "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    app = Audit.connect(replace(settings, audit_heads_bucket="s3://heads/gatehouse/"))
    with app.database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS audit CASCADE")
    schema.create(app.database, SPEC.tables)
    yield app
    app.close()


def heard(app: Audit, count: int) -> None:
    ProjectionSink(Journal(), app.database).apply(events("workspaces", *[("workspaces.member.joined", {})] * count))


def stored(cloud: Aws) -> dict[str, Any]:
    client = cloud.client("s3")
    keys = [found["Key"] for found in client.list_objects_v2(Bucket="heads").get("Contents", [])]
    return {key: json.loads(client.get_object(Bucket="heads", Key=key)["Body"].read()) for key in keys}


def test_records_are_put_once_each_and_again_after_the_bucket_was_away(app: Audit, cloud: Aws, caplog: pytest.LogCaptureFixture) -> None:
    heard(app, 1)
    app.tidy(NOON)
    assert "signed heads cannot be put into s3://heads/gatehouse/: NoSuchBucket" in caplog.text
    client = cloud.client("s3")
    client.create_bucket(Bucket="heads")
    for turn in (1, 2, 3):
        heard(app, turn)
        app.tidy(NOON + turn * MINUTE)
    records = app.views.heads_after(0, 10)
    expected = {f"gatehouse/{record['number']:012}.json": record for record in records}
    assert len(records) == 4
    assert stored(cloud) == expected

    # Whoever puts one again, such as a second worker, changes nothing.
    app.database.run("DELETE FROM positions WHERE consumer LIKE 'heads:%%'")
    app.tidy(NOON + 4 * MINUTE)
    assert stored(cloud) == expected

    client.put_object(Bucket="heads", Key="gatehouse/000000000005.json", Body=b'{"number": 5}')
    heard(app, 4)
    app.tidy(NOON + 5 * MINUTE)
    assert stored(cloud)["gatehouse/000000000005.json"] == {"number": 5}
    assert "it has another record 5" in caplog.text


@pytest.mark.parametrize("url", ["heads", "https://heads", "s3://", "s3://Heads", "s3://heads/a b"])
def test_a_bucket_that_there_cannot_be_is_named_at_the_start(settings: Settings, url: str) -> None:
    with pytest.raises(SettingError, match="GATEHOUSE_AUDIT_HEADS_BUCKET"):
        Audit.connect(replace(settings, audit_heads_bucket=url))
