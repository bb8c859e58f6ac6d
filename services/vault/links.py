"""The secret part of a one-time link: derived when it is needed, so nobody can steal it from the database."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from services.chassis.errors import NotFound
from services.chassis.secrets import Keys

PREFIX = "gs_"


def token(link_id: UUID, keys: Keys) -> str:
    return f"{PREFIX}{urlsafe_b64encode(link_id.bytes).decode().rstrip('=')}.{keys.sign('secret-link', str(link_id))}"


def read(text: str, keys: Keys) -> UUID:
    """Raises NotFound for a token that is not from here, without a look into the database."""
    unknown = NotFound("secret_link_unknown", "this link is damaged, or not from here")
    try:
        link_id = UUID(bytes=urlsafe_b64decode(f"{text.removeprefix(PREFIX).partition('.')[0]}==".encode("ascii")))
    except ValueError:
        raise unknown from None
    # Compared whole, so that no second spelling of a token passes.
    if not text.isascii() or not hmac.compare_digest(text, token(link_id, keys)):
        raise unknown
    return link_id
