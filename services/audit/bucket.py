"""Signed heads as objects of a bucket, each written once and never again."""

import json
import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.chassis import positions
from services.chassis.database import Database
from services.chassis.settings import SettingError, variable

log = logging.getLogger(__name__)

_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([\w./-]*))?", re.ASCII)
_AT_A_TIME = 100
# Others wait for their turn in the same loop: a bucket that is away is not asked each time.
_REST = timedelta(minutes=1)


class Bucket:
    """Of Amazon S3, or of whatever ``AWS_ENDPOINT_URL_S3`` names; credentials as AWS's own tools take them."""

    def __init__(self, db: Database, url: str) -> None:
        """Raises SettingError."""
        if (found := _URL.fullmatch(url)) is None:
            raise SettingError(f"{variable('audit_heads_bucket')} must be like s3://bucket/prefix")
        self._db, self._url, self._bucket = db, url, found[1]
        self._prefix = f"{found[2].strip('/')}/" if (found[2] or "").strip("/") else ""
        self._rest_until: datetime | None = None

    def publish(self, now: datetime) -> None:
        """Puts there what is not there yet. What fails is logged and tried again later."""
        if self._rest_until and now < self._rest_until:
            return
        with self._db.connection() as connection:
            done = positions.read(connection, self._consumer).get("heads", 0)
        rows = self._db.all("SELECT number, record FROM journal_heads WHERE number > %s ORDER BY number LIMIT %s", done, _AT_A_TIME)
        if rows and (failed := self._failure(rows)):
            log.error("signed heads cannot be put into %s: %s", self._url, failed)
            self._rest_until = now + _REST

    @property
    def _consumer(self) -> str:
        return f"heads:{self._url}"

    def _failure(self, rows: list[dict[str, Any]]) -> str:
        # Imported here: it costs a process that does not need it 20 MB.
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = boto3.client("s3", config=Config(connect_timeout=3, read_timeout=5, retries={"max_attempts": 2}))
            for row in rows:
                if not self._put(client, ClientError, f"{self._prefix}{row['number']:012}.json", row["record"]):
                    return f"it has another record {row['number']}"
                with self._db.connection() as connection:
                    positions.save(connection, self._consumer, "heads", row["number"])
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        except BotoCoreError as error:
            return type(error).__name__
        return ""

    def _put(self, client: Any, refusal: Any, key: str, record: Mapping[str, Any]) -> bool:
        """Whether the object is this record, now or already."""
        try:
            client.put_object(
                Bucket=self._bucket, Key=key, Body=json.dumps(record).encode(), ContentType="application/json", IfNoneMatch="*"
            )
        except refusal as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
            return bool(json.loads(client.get_object(Bucket=self._bucket, Key=key)["Body"].read()) == record)
        return True
