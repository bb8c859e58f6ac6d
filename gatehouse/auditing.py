"""The audit trail on the command line: verified and searched offline, with nothing but files."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from services.audit.matching import matches
from services.audit.proof.archives import entry_lines, in_order
from services.audit.proof.heads import Forged, Record
from services.audit.proof.proofs import verify_proof
from services.audit.proof.verify import Broken, Verified, chained, verify_against


def verified(files: Sequence[Path], heads: Path, key: Path, until: int | None) -> Verified:
    """Archives and exports, together the whole journal. Raises ClickException with what is wrong, and where."""
    try:
        chain = chained(_records(heads), _first_key(key))
        lines = [entry_lines(path, chain) for path in files]
        return verify_against(chain, lines[0] if len(lines) == 1 else in_order(lines), until)
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


def found(files: Sequence[Path], filters: dict[str, Any]) -> Iterator[str]:
    """Entries that match, a line each, as they were hashed. Raises ClickException for a file that is broken."""
    try:
        for path in files:
            for line in entry_lines(path):
                entry = json.loads(line)["entry"]
                if matches(entry, filters):
                    yield json.dumps(entry, ensure_ascii=False)
    except Broken as error:
        raise click.ClickException(str(error)) from None
    except (ValueError, LookupError, TypeError):
        raise click.ClickException(f"{path} holds a line that is no entry") from None


def month(text: str) -> datetime:
    """When it begins. Raises BadParameter."""
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise click.BadParameter(f"{text} is no month, such as 2026-01") from None


def instant(text: str) -> datetime:
    """Raises BadParameter."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text} is no time, such as 2026-01-31T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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
