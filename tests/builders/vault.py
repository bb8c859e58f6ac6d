"""A vault in memory, and credentials that look real."""

import json
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.chassis import schema
from services.chassis.database import Database
from services.chassis.settings import Settings
from services.vault.application import Vault
from services.vault.service import SPEC

ADA = UUID("00000000-0000-4000-8000-00000000000a")
VISION = UUID("00000000-0000-4000-8000-000000000001")
AWS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "region": "eu-central-1"}
S3 = {"endpoint_url": "https://minio.example.org:9000", "access_key_id": "minio", "secret_access_key": "minio-secret!"}
AZURE = {"account_name": "vision", "account_key": "A" * 86 + "=="}


def vault() -> Vault:
    return Vault.in_memory(Settings(secret_key="k" * 32))


def add(app: Vault, provider: str = "aws", *, owner_id: UUID | None = ADA, workspace_id: UUID | None = None, **more: Any) -> dict[str, Any]:
    known = {"aws": AWS, "s3": S3, "azure": AZURE, "gcp": {"credentials": key_file()}}[provider]
    said = {"name": "training", "uses": ["data", "compute"], "values": known} | more
    return app.add_cloud_credential(account_id=ADA, provider=provider, owner_id=owner_id, workspace_id=workspace_id, **said)


def key_file(**changes: Any) -> str:
    """A service account's, as Google hands it out."""
    said = {
        "type": "service_account",
        "project_id": "vision-123",
        "private_key_id": "abc",
        "private_key": private_key(),
        "client_email": "runner@vision-123.iam.gserviceaccount.com",
        "token_uri": "http://127.0.0.1:1/never-called",
    } | changes
    return json.dumps({name: value for name, value in said.items() if value is not None})


@cache
def private_key(kind: str = "rsa") -> str:
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def emptied(database_url: str) -> str:
    """The database with the tables of a vault in which nothing ever was."""
    db = Database(database_url, "vault")
    with db.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS vault CASCADE")
    schema.create(db, SPEC.tables)
    return database_url
