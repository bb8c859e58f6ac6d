"""Checks a proof that the API has given against signed heads, without a server."""

from collections.abc import Iterable

from services.audit.proof.canonical import canonical
from services.audit.proof.heads import Chain, Record
from services.audit.proof.merkle import extends, includes, leaf_hash
from services.audit.proof.verify import Broken


def verify_proof(proof: Record, records: Iterable[Record], first_key: bytes) -> str:
    """Answers what is proved, in a sentence. Raises Broken, or Forged if the heads themselves are not to be believed."""
    chain = Chain(first_key)
    for record in records:
        chain.add(record)
    try:
        return _included(proof, chain) if "inclusion_path" in proof else _consistent(proof, chain)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Broken("this is no proof of inclusion or of consistency") from None


def _included(proof: Record, chain: Chain) -> str:
    entry, size, leaf = proof["entry"], proof["tree_size"], proof["leaf_index"]
    head, root = _head(chain, entry["source"], size)
    if not includes(root, size, leaf, leaf_hash(canonical(entry)), _hashes(proof["inclusion_path"])):
        raise Broken(f"{entry['id']} is not entry {leaf} of those that record {head['number']} of {head['time']} counts")
    return f"{entry['id']} is entry {leaf} of the {size} that record {head['number']} of {head['time']} counts"


def _consistent(proof: Record, chain: Chain) -> str:
    source, first, second = proof["source"], proof["first"], proof["second"]
    (older, old_root), (newer, new_root) = _head(chain, source, first), _head(chain, source, second)
    said = f"the {second} entries of {source} in record {newer['number']} begin with the {first} of record {older['number']}"
    if not extends(old_root, first, new_root, second, _hashes(proof["consistency_path"])):
        raise Broken(f"it is not proved that {said}")
    return said


def _head(chain: Chain, source: str, size: int) -> tuple[Record, bytes]:
    """The first that counts so many."""
    for head in chain.heads.values():
        if head["trees"].get(source, {}).get("size") == size:
            return head, bytes.fromhex(head["trees"][source]["root"])
    raise Broken(f"no signed head counts {size} entries of {source}")


def _hashes(path: list[str]) -> list[bytes]:
    return [bytes.fromhex(hash) for hash in path]
