"""A new key pair as its clients want to read it."""

from collections.abc import Mapping

# What clearml-init stops reading at, and what would end a comment.
_BARRED = '{}"\\#'


def hosts(url: str) -> dict[str, str]:
    """The three have to differ: clients take the same address twice for a mistake."""
    return {"web": url, "api": f"{url}/clearml", "files": f"{url}/files"}


def configuration(url: str, workspace: str, pair: Mapping[str, str]) -> str:
    """A section for clearml.conf. No line of it is empty or begins with a closing brace but the last.

    Addresses stand in quotes: bare, a ``//`` begins a comment, and the brackets of an IPv6 address a list.
    """
    at = hosts(url)
    return "\n".join([
        "api {",
        f"  # {_comment(workspace) or 'workspace'}",
        f'  web_server: "{at["web"]}"',
        f'  api_server: "{at["api"]}"',
        f'  files_server: "{at["files"]}"',
        f"  # {_comment(pair['label']) or 'key pair'}",
        "  credentials {",
        f'    "access_key" = "{pair["access_key"]}"',
        f'    "secret_key" = "{pair["secret_key"]}"',
        "  }",
        "}",
    ])  # fmt: skip


def environment(url: str, pair: Mapping[str, str]) -> str:
    at = hosts(url)
    values = {
        "CLEARML_WEB_HOST": at["web"],
        "CLEARML_API_HOST": at["api"],
        "CLEARML_FILES_HOST": at["files"],
        "CLEARML_API_ACCESS_KEY": pair["access_key"],
        "CLEARML_API_SECRET_KEY": pair["secret_key"],
    }
    return "\n".join(f"%env {name}={value}" for name, value in values.items())


def _comment(text: str | None) -> str:
    """On one line, and without anything that a reader of the file could take for its structure."""
    plain = "".join(letter if letter.isprintable() and letter not in _BARRED else " " for letter in text or "")
    return " ".join(plain.split())
