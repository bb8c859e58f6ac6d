"""Marshmallow fields that no hostile text passes."""

import unicodedata
from typing import Any

from marshmallow import ValidationError, fields, validate

from services.chassis import addresses


class Text(fields.String):
    """Refuses what PostgreSQL, a mail header or a terminal would choke on: control characters, NUL, lone surrogates."""

    def __init__(self, *, longest: int, shortest: int = 0, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=shortest, max=longest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text.isprintable() and any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
            raise ValidationError("Control characters are not allowed.")
        return text.strip()


class Secret(fields.String):
    """Taken as it is, blanks and all; only what cannot be encoded is refused."""

    def __init__(self, *, longest: int, shortest: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=shortest, max=longest), load_only=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if any(unicodedata.category(letter) == "Cs" for letter in text):
            raise ValidationError("Not valid Unicode.")
        return text


class Address(Text):
    """An e-mail address, in the spelling that mail is sent to."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=addresses.LONGEST, shortest=3, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            return addresses.cleaned(super()._deserialize(value, attr, data, **kwargs))
        except ValueError as error:
            raise ValidationError(str(error)) from None
