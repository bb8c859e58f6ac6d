"""What of an entry is hashed, and how it is exported: as exactly these bytes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from services.audit.proof.canonical import canonical, text
from services.audit.proof.heads import moment


def entry_bytes(row: Mapping[str, Any], previous: bytes) -> bytes:
    """``previous`` is the hash of the entry before it of the same workspace and source; empty for the first.

    Spelled out, since that takes a third of the time of ``canonical``, which would write the same bytes. Claims and operator are told only
    of entries that have them: those written before these were known keep their hashes.
    """
    claims = "".join([f'"{name}":{text(row[name])},' for name in ("claimed_actor", "claimed_request_id") if row.get(name)])
    operator = '"operator":true,' if row.get("operator") else ""
    workspace_id = text(str(row["workspace_id"]) if row["workspace_id"] else None)
    return (
        f'{{"actor":{text(row["actor"])},"causation_id":{text(row["causation_id"])},"changes":{canonical(row["changes"]).decode()},{claims}'
        f'"correlation_id":{text(row["correlation_id"])},"credential_id":{text(row["credential_id"])},"id":{text(row["id"])},'
        f'"ip":{text(row["ip"])},"on_behalf_of":{text(row["on_behalf_of"])},{operator}"position":{row["position"]},'
        f'"previous":"{previous.hex()}","source":{text(row["source"])},"subject":{text(row["subject"])},"time":"{moment(row["time"])}",'
        f'"type":{text(row["type"])},"user_agent":{text(row["user_agent"])},"version":{row["version"]},"workspace_id":{workspace_id}}}'
    ).encode()


def entry_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What was hashed, read back."""
    entry: dict[str, Any] = json.loads(entry_bytes(row, row["previous"]))
    return entry


def export_line(row: Mapping[str, Any]) -> bytes:
    """What the journal says now, beside the hash that it was given when it was written."""
    return b'{"hash":"%b","entry":%b}\n' % (row["hash"].hex().encode(), entry_bytes(row, row["previous"]))


# Hash, entry, source, position, previous hash and workspace, empty for none; all but the position as they stand there.
Line = tuple[bytes, bytes, bytes, int, bytes, bytes]

HASH, ENTRY, _FRAME, _LAST = slice(9, 73), slice(83, -2), slice(83), slice(-2, None)
_HEAD, _BETWEEN, _END = b'{"hash":"', b'","entry":', b"}\n"
# No text inside an entry holds these bytes, because its quotes are escaped: so the entry need not be read as JSON, which would take
# several times as long as all the hashing.
_POSITION = b',"position":'
_NOWHERE, _WORKSPACE = b":null}" + _END, slice(-len('"00000000-0000-4000-8000-000000000000"}') - len(_END), -len(_END))


def read_line(line: bytes) -> Line:
    """Raises ValueError if it is no line of an export."""
    entry = line[ENTRY]
    at = entry.rfind(_POSITION) + len(_POSITION)
    position, _, _, previous, _, _, _, source, _ = entry[at:].split(b'"', 8)
    if line[:9] != _HEAD or line[73:83] != _BETWEEN or line[_LAST] != _END:
        raise ValueError("the frame is another one")
    return line[HASH], entry, source, int(position[:-1]), previous, workspaces([line])[0]


def framed(lines: Sequence[bytes], hashes: Sequence[bytes]) -> bool:
    """Whether these lines have what stands around hash and entry."""
    expected = _HEAD + (_BETWEEN + _HEAD).join(hashes) + _BETWEEN
    return b"".join([line[_FRAME] for line in lines]) == expected and {line[_LAST] for line in lines} == {_END}


def workspaces(lines: Sequence[bytes]) -> list[bytes]:
    return [b"" if line.endswith(_NOWHERE) else line[_WORKSPACE] for line in lines]
