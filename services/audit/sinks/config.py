"""The file of sinks: one table each in TOML, by name. Secrets lie in files of their own, which are read at each delivery."""

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, validate

from services.audit.formats import LINES
from services.audit.sinks.files import FileTarget
from services.audit.sinks.https import HttpsTarget, signing_key
from services.audit.sinks.syslog import SyslogTarget
from services.audit.sinks.targets import Target
from services.chassis import outbound
from services.chassis.outbound import Network
from services.chassis.settings import SettingError, Settings, variable

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
_ADDRESS = re.compile(r"(\[[\da-fA-F:.]+\]|[\w.-]+):(\d{1,5})")


class _Path(fields.String):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Path:  # type: ignore[override]
        return Path(super()._deserialize(value, attr, data, **kwargs))


class _Readable(_Path):
    """Of a file that can be read."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Path:  # type: ignore[override]
        path = super()._deserialize(value, attr, data, **kwargs)
        try:
            path.read_bytes()
        except OSError as error:
            raise ValidationError(f"{path} cannot be read: {error.strerror}") from None
        return path


def _address(value: str) -> None:
    if (found := _ADDRESS.fullmatch(value)) is None or not 0 < int(found[2]) < 65_536:
        raise ValidationError("It has to be like siem.example.org:6514.")


def _url(value: str) -> None:
    try:
        parts = urlsplit(value)
        good = parts.scheme == "https" and parts.hostname and not parts.username and not parts.fragment and parts.port != 0
    except ValueError:
        good = False
    if not good or not value.isascii() or not value.isprintable() or " " in value:
        raise ValidationError("It has to be like https://siem.example.org/collect.")


def _secret(path: Path) -> None:
    try:
        signing_key(path)
    except ValueError as error:
        raise ValidationError(str(error)) from None


class _Sink(Schema):
    format = fields.String(load_default="jsonl", validate=validate.OneOf(sorted(LINES)))


class _File(_Sink):
    path = _Path(required=True)


class _Tls(_Sink):
    ca_file = _Readable(load_default=None)
    certificate_file = _Readable(load_default=None)
    key_file = _Readable(load_default=None)


class _Syslog(_Tls):
    address = fields.String(required=True, validate=_address)
    tls = fields.Boolean(load_default=True)


class _Https(_Tls):
    url = fields.String(required=True, validate=_url)
    secret_file = _Readable(load_default=None, validate=_secret)
    authorization_file = _Readable(load_default=None)


_TYPES: dict[str, tuple[type[Schema], Any]] = {
    "file": (_File, FileTarget),
    "syslog": (_Syslog, SyslogTarget),
    "https": (_Https, HttpsTarget),
}


def read(settings: Settings) -> dict[str, Target]:
    """Raises SettingError that names what is wrong."""
    allowed = _networks(settings)
    if not settings.audit_sinks_file:
        return {}
    path = Path(settings.audit_sinks_file)
    try:
        tables = tomllib.loads(path.read_text())
    except OSError as error:
        raise _wrong(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise _wrong(f"{path} is not TOML: {error}") from None
    return {name: _target(name, table, allowed) for name, table in tables.items()}


def _target(name: str, table: Any, allowed: tuple[Network, ...]) -> Target:
    if not _NAME.fullmatch(name) or not isinstance(table, dict):
        raise _wrong(f"[{name}] is no sink: each has a table named in small letters, digits and hyphens")
    if (known := _TYPES.get(str(table.pop("type", "")))) is None:
        raise _wrong(f"[{name}] has no type: choose one of {', '.join(_TYPES)}")
    schema, kind = known
    try:
        values = schema().load(table)
        values |= {"line": LINES[values.pop("format")]} | ({} if kind is FileTarget else {"networks": allowed})
        return kind(**values)  # type: ignore[no-any-return]
    except ValidationError as error:
        wrong = "; ".join(f"{field}: {' '.join(map(str, said))}" for field, said in error.normalized_messages().items())  # type: ignore[no-untyped-call]
        raise _wrong(f"[{name}] {wrong}") from None


def _networks(settings: Settings) -> tuple[Network, ...]:
    try:
        return outbound.networks(settings.audit_sink_networks)
    except ValueError as error:
        raise SettingError(f"{variable('audit_sink_networks')}: {error}") from None


def _wrong(said: str) -> SettingError:
    return SettingError(f"{variable('audit_sinks_file')}: {said}")
