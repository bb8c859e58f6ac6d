"""What is said of a configuration that is refused: where, never what stands there, because that may be a secret."""

from services.chassis.errors import InvalidInput


def fault(code: str, said: str, *, line: int = 0, column: int = 0, key: str = "") -> InvalidInput:
    where = {name: value for name, value in (("line", line), ("column", column), ("key", key)) if value}
    told = f"{key}: {said}" if key else f"line {line}, column {column}: {said}" if line else said
    return InvalidInput(code, told, {"content": {"message": told, **where}})


def fault_at(text: str, offset: int, code: str, said: str) -> InvalidInput:
    """Counted from 1, as editors do."""
    return fault(code, said, line=text.count("\n", 0, offset) + 1, column=offset - text.rfind("\n", 0, offset))
