"""From the text of an editor to what it says, or a refusal that tells where it is wrong."""

from collections.abc import Callable

from services.vault.configuration import hocon_text, json_text, yaml_text
from services.vault.configuration.budget import Budget
from services.vault.configuration.faults import fault, fault_at
from services.vault.configuration.rules import check
from services.vault.configuration.tree import Tree, Value

FORMATS: dict[str, Callable[[str, Budget], Value]] = {"hocon": hocon_text.parse, "json": json_text.parse, "yaml": yaml_text.parse}


def read(format: str, text: str, longest: int) -> Tree:
    """``longest``: bytes of the text. Blank text says nothing, in every format."""
    _check_text(text, longest)
    if not text.strip():
        return {}
    value = FORMATS[format](text, Budget())
    if not isinstance(value, dict):
        raise fault("configuration_not_an_object", "the whole must be an object: keys with their values")
    check(value, Budget())
    return value


def _check_text(text: str, longest: int) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise fault_at(text, error.start, "configuration_letters", "half of a surrogate pair stands here alone") from None
    if size > longest:
        raise fault("configuration_too_large", f"a configuration has at most {longest} bytes, this one has {size}")
    if text.startswith("\ufeff"):
        raise fault_at(text, 0, "configuration_letters", "the text begins with a byte-order mark: save it without one")
    if (at := text.find("\0")) >= 0:
        raise fault_at(text, at, "configuration_letters", "a NUL character stands here")
