"""The audit trail on the command line: verified offline, with nothing but three files."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from services.audit.proof.heads import Forged, Record
from services.audit.proof.proofs import verify_proof
from services.audit.proof.verify import Broken, Verified, verify


def verified(export: Path, heads: Path, key: Path, until: int | None) -> Verified:
    """Raises ClickException with what is wrong, and where."""
    try:
        with export.open("rb") as lines:
            return verify(lines, _records(heads), _first_key(key), until)
    except (Broken, Forged) as error:
        raise click.ClickException(str(error)) from None


def proved(proof: Path, heads: Path, key: Path) -> str:
    """What, in a sentence. Raises ClickException with what is wrong."""
    try:
        return verify_proof(json.loads(proof.read_bytes()), _records(heads), _first_key(key))
    except (Broken, Forged) as error:
        raise click.ClickException(str(error)) from None
    except ValueError:
        raise click.ClickException(f"{proof} is not JSON") from None


def _records(path: Path) -> Iterator[Record]:
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            yield json.loads(line)
        except ValueError:
            raise click.ClickException(f"{path}: line {number} is no signed head") from None


def _first_key(path: Path) -> bytes:
    """From the answer of GET /v1/audit/key, or in hexadecimal."""
    text = path.read_text().strip()
    try:
        key = bytes.fromhex(json.loads(text)["keys"][0]["public_key"] if text.startswith("{") else text)
    except (ValueError, LookupError, TypeError):
        key = b""
    if len(key) != 32:
        raise click.ClickException(f"{path} holds no public key: keep what GET /v1/audit/key answers in it")
    return key
