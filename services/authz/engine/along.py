"""The hot question, of something that is in no index yet or is about to be elsewhere."""

from collections.abc import Sequence

from services.authz.engine.index import RESERVED, Index


def allowed_along(index: Index, account: str, action: str, line: Sequence[tuple[str, str]], now: float) -> bool:
    """As if the first of the line lay where the line says: from itself up to its root, registered or not."""
    type, id = line[0]
    member = index.members.get(account)
    if member is None or member.until <= now or (type == "queue" and action in RESERVED) or member.role == "admin":
        return index.allowed(account, action, type, id, now)
    holders = [index.holder(*place) for place in line]
    rules = [grants for holder in holders for grants in (holder.grants, holder.kind.grants) if grants is not None]
    modify = action != "read"
    if not rules:
        return not modify or member.role != "viewer"
    return any(grants.gives(index.known(member), modify, now) for grants in rules)
