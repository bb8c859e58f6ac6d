"""Every setting, read once from the environment into one typed object."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

# Other programs take these addresses apart, join them with paths and write them into their own files.
_URL = re.compile(r"https?://[\w.-]+(:\d+)?(/[\w.~%/-]*)?|https?://\[[\da-f:]+\](:\d+)?(/[\w.~%/-]*)?", re.ASCII)


class SettingError(Exception):
    """A setting is wrong or missing; the message is the one line shown to the operator."""


def _setting(help: str, default: Any = MISSING, *, secret: bool = False, needed: bool = False) -> Any:
    """``needed`` settings have a value only in embedded mode (made on first start); elsewhere their absence stops the start."""
    return field(default="" if default is MISSING else default, metadata={"help": help, "secret": secret, "needed": needed})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Read from ``GATEHOUSE_<NAME>``, but for ``DATABASE_URL`` and ``AMQP_URL``, which keep their customary names."""

    state: Path = _setting("folder of the embedded mode: database, outbox, generated secrets", Path("var"))
    database_url: str = _setting("PostgreSQL, one schema a service; <SERVICE>_DATABASE_URL overrides it for one", secret=True, needed=True)
    amqp_url: str = _setting("RabbitMQ", secret=True, needed=True)
    secret_key: str = _setting(
        "at least 32 characters; signs links and wraps the keys of personal data. Losing it loses them", secret=True, needed=True
    )
    setup_token: str = _setting("one-time token with which the first account is made", secret=True)
    http: str = _setting("address and port of the gateway", "127.0.0.1:8080")
    ops: str = _setting("address and port of /healthz, /readyz and /metrics of a service or worker; empty: none", "")
    public_url: str = _setting("the gateway's address as people see it; links in mails start with it")
    trusted_proxies: int = _setting("how many reverse proxies stand before the gateway, whose X-Forwarded-For is believed", 0)
    secure_cookies: bool = _setting("send cookies over HTTPS only; unset: if public_url is https", False)
    mail_from: str = _setting("sender of every mail", "Gatehouse <gatehouse@localhost>")
    smtp_url: str = _setting(
        "smtp://user:password@host:587 (STARTTLS) or smtps://host:465; empty: mails are written to <state>/outbox", secret=True
    )
    session_hours: int = _setting("life of a session", 24 * 14)
    invitation_days: int = _setting("life of an invitation", 14)
    open_link_days: int = _setting("longest life of an invitation link that anybody may use", 90)
    open_link_uses: int = _setting("how many people one such link may let in at most", 1_000)
    verification_hours: int = _setting("life of a link that verifies an address", 48)
    reset_minutes: int = _setting("life of a link that resets a password", 30)
    fresh_minutes: int = _setting("how long after signing in an account may be erased without its password", 10)
    seen_minutes: int = _setting("a session's last use is written down once in so many minutes", 5)
    account_addresses: int = _setting("e-mail addresses of one account", 10)
    picture_bytes: int = _setting("bytes of the largest picture taken; it is kept much smaller", 2_097_152)
    mail_requests: int = _setting("mails one account, or for one address, may be asked for in an hour; one client: five times as many", 10)
    password_attempts: int = _setting("wrong passwords allowed for one account in 15 minutes", 10)
    address_attempts: int = _setting("wrong passwords allowed from one client address in 15 minutes", 50)
    credentials_per_day: int = _setting("tokens and key pairs one account may make in a day", 200)
    jwt_hours: int = _setting("life of a token made from a key pair, where its client has no wish", 48)
    jwt_longest_hours: int = _setting("longest life of such a token; a rotated signing key is believed for so long", 24 * 30)
    last_use_minutes: int = _setting("the last use of a credential is written down at most once in so many minutes", 5)
    expiry_notice_days: int = _setting(
        "days before a token or key pair expires that its owner is told, in the app and by mail; 0: never", 7
    )
    device_minutes: int = _setting("how long the code of a device login waits for its answer", 15)
    device_requests: int = _setting("device logins that may be begun from one client address in 15 minutes", 30)
    device_guesses: int = _setting("unknown device codes one account may enter in 15 minutes", 20)
    invitation_guesses: int = _setting("damaged invitation links one client address may open in 15 minutes", 60)
    member_limit: int = _setting("members and pending invitations of a workspace; 0: no limit", 0)
    usage_seconds: int = _setting("seconds between two reports of a gateway to billing, of the calls it has counted", 60)
    refusal_seconds: int = _setting(
        "seconds in which refused attempts, or readings of the audit trail, that are alike become one entry of it", 60
    )
    refusal_kinds: int = _setting(
        "different refused attempts that a gateway reports in that time; all others are counted in one entry", 500
    )
    audit_head_seconds: int = _setting("seconds between two signed heads of the audit trail, if anything was added", 60)
    audit_heads_file: str = _setting("file that the worker of audit appends signed heads to, best on another disk or host; empty: none", "")
    audit_heads_bucket: str = _setting("s3://bucket/prefix that signed heads are put into as well, each once; empty: none", "")
    audit_sinks_file: str = _setting("TOML file that names where the audit trail is sent on to; empty: nowhere", "")
    audit_sink_networks: str = _setting("networks inside that a sink may be in, such as 10.2.0.0/16,192.0.2.7; others are refused", "")
    audit_sink_attempts: int = _setting("failed deliveries in a row after which a sink is disabled", 20)
    experiment_days: int = _setting("days that a run's latest state is kept after its last report", 90)
    experiments_kept: int = _setting("runs of one workspace whose latest state is kept; the most silent go first", 1000)
    experiment_bytes: int = _setting("characters that a run's params, and its metrics, may have to be kept", 65_536)
    experiment_stale_minutes: int = _setting("minutes without a report after which a run counts as stale", 60)
    vault_master_key: str = _setting(
        "32 random bytes in base64; wraps the keys of everything in the vault. Losing it loses all of that. Embedded: made", secret=True
    )
    vault_master_key_file: str = _setting("file that holds vault_master_key instead; it comes before it")
    vault_kms_key: str = _setting("id, ARN or alias of an AWS KMS key that wraps the master key instead of giving it; it comes before both")
    vault_former_master_key: str = _setting("a second master key that opens what is sealed with it and seals nothing", secret=True)
    vault_former_master_key_file: str = _setting("file that holds vault_former_master_key instead; it comes before it")
    configuration_bytes: int = _setting("bytes of the largest configuration that can be saved for clients", 131_072)
    reading_minutes: int = _setting("who reads a configuration with the same credential is put on record once in so many minutes", 60)
    served_bytes: int = _setting("bytes of configurations that a gateway keeps ready for the clients that ask next", 67_108_864)
    vault_gcp_url: str = _setting(
        "address that stands in for Google's when a credential is checked, for a private endpoint; empty: Google's"
    )
    cloud_credentials: int = _setting("cloud credentials of one account or workspace; rows of storage access of one account", 100)
    cloud_checks: int = _setting("checks of cloud credentials one account may ask for in an hour", 60)
    secret_link_minutes: int = _setting("longest life of a link that hands over a secret once", 60)
    plans_file: str = _setting("file with the plans that workspaces can buy; empty: one plan, without limits or prices", "")
    billing_time_zone: str = _setting("time zone of whoever names none when buying a plan; periods begin at its midnight", "UTC")
    invoice_prefix: str = _setting("what invoice numbers begin with; what was issued keeps its number", "INV-")
    invoice_issuer: str = _setting("who issues invoices, as it stands on them: name and address, separated by |", "")
    invoice_days: int = _setting("days within which an invoice is to be paid", 14)
    invoice_font: str = _setting("TrueType file for the letters of invoices as PDF; empty: Helvetica, which writes Western Europe's", "")
    live_max_body: int = _setting("bytes of the largest live update; plots, which are not kept, make them large", 31_457_280)
    live_forward_url: str = _setting("address that live updates and pushes are handed on to instead of being recorded; empty: none", "")
    live_forward_token: str = _setting("access token for live_forward_url; the clients' own tokens are never handed on", secret=True)
    group_members: int = _setting("members, and groups, that one group may hold directly", 10_000)
    rule_assignees: int = _setting("users and groups that one access rule may name", 1_000)
    resource_depth: int = _setting("how deep projects may lie in one another", 32)
    resource_batch: int = _setting("resources that one call may register, move or delete", 10_000)
    check_batch: int = _setting("questions that one call may ask", 1_000)
    index_megabytes: int = _setting("memory for access rules ready to be asked; what is over it goes, and is loaded when it is needed", 512)
    payment_provider: str = _setting("who collects payments: manual (an operator says which invoices are paid) or stripe", "manual")
    stripe_secret_key: str = _setting("secret or restricted key of the Stripe account, for payment_provider=stripe", secret=True)
    stripe_webhook_secret: str = _setting("secret that Stripe signs its webhooks to this installation with", secret=True)
    stripe_url: str = _setting("address that stands in for Stripe's, for a private endpoint; empty: Stripe's")
    rpc_timeout: float = _setting("seconds a request waits for another service before it answers 503", 4.0)
    max_body: int = _setting("bytes of the largest request body", 1_048_576)
    pool_size: int = _setting("PostgreSQL connections of one process and service", 8)
    workers: int = _setting("calls one service process works on at a time", 16)
    niceness: int = _setting("how far a worker steps back for requests when processors are short: 0 not at all, 19 most", 5)
    log_level: str = _setting("debug, info, warning or error", "info")
    service_urls: Mapping[str, str] = field(default_factory=dict, metadata={"help": ""}, repr=False)
    embedded: bool = field(default=False, metadata={"help": ""})

    @classmethod
    def load(cls, environ: Mapping[str, str], *, embedded: bool = False) -> Self:
        """Raises SettingError with one line that names what is wrong."""
        values = {
            f.name: _parse(f.name, f.type, environ[name])
            for f in fields(cls)
            if f.metadata["help"] and environ.get(name := variable(f.name))
        }
        suffix = "_DATABASE_URL"
        urls = {k.removesuffix(suffix).lower(): v for k, v in environ.items() if k.endswith(suffix)}
        made = _made(Path(values.get("state", cls.state))) if embedded else {}
        settings = cls(**{**made, **values}, service_urls=urls, embedded=embedded)
        settings._check()
        return settings

    def _check(self) -> None:
        for f in fields(self):
            if (
                f.metadata.get("needed")
                and not self.embedded
                and not getattr(self, f.name)
                and not (f.name == "database_url" and self.service_urls)
            ):
                raise SettingError(f"{variable(f.name)} is not set: {f.metadata['help']}")
        if len(self.secret_key) < 32:
            raise SettingError("GATEHOUSE_SECRET_KEY is too short: use at least 32 random characters")
        for name in ("http", "ops"):
            if (value := getattr(self, name)) and not value.rpartition(":")[2].isdigit():
                raise SettingError(f"{variable(name)} must be ADDRESS:PORT, such as 127.0.0.1:8080")
        for name in ("public_url", "live_forward_url", "stripe_url"):
            if (value := getattr(self, name)) and not _URL.fullmatch(value):
                raise SettingError(f"{variable(name)} must be a plain address such as https://gatehouse.example.org")
        if self.payment_provider not in ("manual", "stripe"):
            raise SettingError("GATEHOUSE_PAYMENT_PROVIDER must be manual or stripe")
        if self.log_level not in ("debug", "info", "warning", "error"):
            raise SettingError("GATEHOUSE_LOG_LEVEL must be debug, info, warning or error")

    def database_for(self, service: str) -> str:
        return self.service_urls.get(service, self.database_url)

    @property
    def url(self) -> str:
        return (self.public_url or f"http://{self.http}").rstrip("/")

    @property
    def cookies_secure(self) -> bool:
        return self.secure_cookies or urlsplit(self.url).scheme == "https"


def variable(name: str) -> str:
    return name.upper() if name in ("database_url", "amqp_url") else f"GATEHOUSE_{name.upper()}"


def _parse(name: str, kind: Any, text: str) -> Any:
    if kind is bool:
        if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise SettingError(f"{variable(name)} must be true or false")
        return text.lower() in ("true", "1", "yes")
    try:
        return kind(text)
    except ValueError:
        raise SettingError(f"{variable(name)} must be a number ({kind.__name__})") from None


def _made(state: Path) -> dict[str, str]:
    """The secrets the embedded mode makes for itself on first start, each in a file only its owner can read."""
    state.mkdir(parents=True, exist_ok=True)
    return {name.replace("-", "_"): _kept(state / name) for name in ("secret-key", "setup-token", "vault-master-key")}


def _kept(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path.read_text().strip()
