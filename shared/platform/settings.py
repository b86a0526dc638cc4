"""Everything a process is told from outside: environment variables `HXS_…`, read once at the start.

`docs/settings.md` is generated from the fields below (`python -m shared.platform.settings`); a test fails
when it is stale.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
from collections.abc import Mapping
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AnyHttpUrl,
    DirectoryPath,
    Field,
    FilePath,
    SecretStr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSettingError

PORTS: Mapping[str, int] = {"board": 8000, "topics": 8001, "meetings": 8002, "cases": 8003, "notify": 8004}
PREFIX = "HXS_"
MINIMUM_SECRET_CHARACTERS = 32

_url = TypeAdapter(AnyHttpUrl)
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
MAIL_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
"""An address that can stand in a mail and be spoken to a mail server (RFC 5321, `Dot-string`)."""


class SettingsError(Exception):
    """The environment holds settings that cannot be used.

    Attributes:
        faults: variable name (`HXS_…`) to what is wrong with it. Values are never repeated: they may be
            secret.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        listed = "\n".join(f"  {variable}: {fault}" for variable, fault in self.faults.items())
        super().__init__(f"settings that cannot be used (docs/settings.md explains each):\n{listed}")


def _default_urls() -> dict[str, str]:
    return {service: f"http://127.0.0.1:{port}" for service, port in PORTS.items()}


class Settings(BaseSettings):
    """What a process is told from outside. Use `load_settings()`, whose errors name the variable."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True, hide_input_in_errors=True
    )

    env: Literal["dev", "prod"] = Field(
        "dev", description="`dev` allows development tokens; `prod` refuses whatever is unsafe."
    )
    county: str = Field(
        "371621",
        pattern="^[0-9]{6}$",
        description="Division code of the county that owns this installation's data.",
    )
    kafka_bootstrap: str = Field(
        "127.0.0.1:9092", min_length=1, description="Kafka brokers, `host:port`, separated by commas."
    )
    kafka_partitions: int = Field(
        12, ge=1, le=1000, description="Partitions of an events topic; fixed once the topic exists."
    )
    kafka_replication: int = Field(
        1, ge=1, le=7, description="Copies of each partition; 3 where there are three brokers."
    )
    mongo_url: str = Field(
        "mongodb://127.0.0.1:27017",
        pattern=r"^mongodb(\+srv)?://",
        repr=False,
        description="MongoDB, a replica set (one member is enough). May contain a password.",
    )
    mongo_prefix: str = Field(
        "hxs",
        pattern=r"^[a-z][a-z0-9_]{0,30}$",
        description="Databases are called `<prefix>_<service>`.",
    )
    http_host: str = Field("127.0.0.1", min_length=1, description="Address to listen on; `0.0.0.0` for all.")
    http_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port to listen on, 0 for a free one. Without it the service's own: "
        + ", ".join(f"{service} {port}" for service, port in PORTS.items())
        + ".",
    )
    service_urls: dict[str, str] = Field(
        default_factory=_default_urls,
        description="Where the command line finds the services: a JSON object, service to URL; services not "
        "named keep their default.",
    )
    public_url: str = Field(
        f"http://127.0.0.1:{PORTS['topics']}",
        description="Where residents reach the public pages of `topics`, e.g. `https://xs.example.gov.cn`. "
        "QR codes carry it (`<public_url>/submit?venue=…`): choose it before anything is printed.",
    )
    public_meetings_url: str = Field(
        f"http://127.0.0.1:{PORTS['meetings']}",
        description="Where residents reach `meetings`: a meeting's page, which the code on its poster leads "
        "to, and calendars to subscribe to.",
    )
    public_board_url: str = Field(
        f"http://127.0.0.1:{PORTS['board']}",
        description="Where departments, offices and members reach the board: mails lead there.",
    )
    public_notify_url: str = Field(
        f"http://127.0.0.1:{PORTS['notify']}",
        description="Where anybody reaches `notify`: the links in mails by which they are unsubscribed.",
    )
    smtp_host: str | None = Field(
        None, min_length=1, description="Mail server that takes our mails; without it none are sent."
    )
    smtp_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Its port; without it the usual one of `HXS_SMTP_TLS`: 587, 465, 25.",
    )
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="`starttls`: encrypted before anything is said, or nothing is sent; `tls`: from the very "
        "start; `none`: readable on the way, which `prod` refuses unless `HXS_SMTP_PLAIN_ALLOWED`.",
    )
    smtp_plain_allowed: bool = Field(
        False, description="Allows `HXS_SMTP_TLS=none` in `prod`, e.g. for a mail server on the same machine."
    )
    smtp_ca_file: FilePath | None = Field(
        None,
        description="Certificates (PEM) of who vouches for the mail server, where the system's do not: the "
        "server's own certificate is always verified.",
    )
    smtp_user: str | None = Field(None, min_length=1, description="Account on the mail server.")
    smtp_password: SecretStr | None = Field(None, description="Its password.")
    smtp_from: str | None = Field(
        None,
        description="Who mails come from, `惠协商 <no-reply@example.gov.cn>` or the address alone; needed "
        "with `HXS_SMTP_HOST`. Its domain is in every `Message-ID`: choose it before the first mail.",
    )
    smtp_reply_to: str | None = Field(
        None,
        description="Where answers to mails and to invitations go; without it to the sender's address.",
    )
    smtp_timeout_seconds: float = Field(
        20.0, gt=0, le=60, description="How long the mail server may take for each answer."
    )
    smtp_connections: int = Field(
        4, ge=1, le=50, description="Connections that a process keeps to the mail server, at most."
    )
    templates_dir: DirectoryPath | None = Field(
        None,
        description="Folder with the county's own Word templates (`notice.docx`, `sign-in-sheet.docx`, "
        "`minutes.docx`, `case.docx`) and, in its folder `mail`, those of mails (`notice.html`, "
        "`notice.txt`); those not in it are the packaged ones.",
    )
    font: FilePath | None = Field(
        None,
        description="Font file with Chinese characters for posters; without it one of the system's is taken.",
    )
    receipt_prefix: str = Field(
        "HX",
        pattern="^[A-Z]{2,4}$",
        description="What the receipt numbers of public submissions begin with, e.g. `HM` for 惠民. Numbers "
        "handed out before stay good when it changes.",
    )
    oidc_issuer: str | None = Field(
        None, description="Identity provider whose tokens are accepted (its `iss`)."
    )
    oidc_audience: str = Field("huixieshang", min_length=1, description="What a token's `aud` must name.")
    oidc_jwks_url: str | None = Field(
        None, description="Where the provider's keys are; without it the provider's discovery document says."
    )
    local_accounts: bool = Field(
        False, description="Sign-in with accounts of this system, for counties without an identity provider."
    )
    dev_token_secret: SecretStr = Field(
        default_factory=lambda: SecretStr(secrets.token_urlsafe(48)),
        description="Signs the tokens of local accounts and development tokens; the same for all processes, "
        f"at least {MINIMUM_SECRET_CHARACTERS} characters. Without it each process makes up its own, which "
        "`prod` refuses.",
    )
    signing_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default_factory=lambda: (SecretStr(secrets.token_urlsafe(48)),),
        min_length=1,
        description="Sign query codes, check-in codes and links that are handed out, and seal the keys of "
        "webhooks: separated by commas (or a JSON list), newest first, each at least "
        f"{MINIMUM_SECRET_CHARACTERS} characters; the first signs and seals, all are accepted. The same for "
        "all processes. Without them each process makes up its own, which `prod` refuses.",
    )
    webhook_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Where webhooks may go besides public addresses over https: networks and host names of "
        "the county's own, separated by commas, e.g. `10.21.0.0/16,oa.county.internal`; these over http and "
        "any port, too.",
    )
    webhook_ca_file: FilePath | None = Field(
        None,
        description="Certificates of a county's own authority (PEM), trusted by webhooks besides those "
        "of the system.",
    )
    max_file_mib: int = Field(20, ge=1, le=1024, description="Largest file that is taken, in MiB.")
    rate_limits: bool = Field(
        True, description="Limit how often one address may use what is open to everybody; off for load tests."
    )
    proxy_hops: int = Field(
        0,
        ge=0,
        le=5,
        description="Reverse proxies in front, each of which appends to `X-Forwarded-For`: that many entries "
        "from its end are believed. 0: the address that connects is the client's.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="`auto`: coloured text on a terminal in `dev`, else one JSON object a line."
    )
    otel_exporter_endpoint: str | None = Field(
        None,
        description="OTLP/HTTP collector for traces, e.g. `http://collector:4318`; without it nothing is "
        "traced. Needs the extra `otel`.",
    )
    shutdown_seconds: float = Field(
        20.0, gt=0, le=600, description="How long a stopping process may finish what it is doing."
    )
    ready_max_lag_seconds: float = Field(
        30.0, gt=0, description="A projection further behind than this makes `/readyz` answer 503."
    )

    @field_validator("service_urls")
    @classmethod
    def _known_services(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(value) - set(PORTS))
        if unknown:
            raise ValueError(f"no such service: {', '.join(unknown)} (known: {', '.join(PORTS)})")
        for url in value.values():
            _url.validate_python(url)
        return _default_urls() | {service: url.rstrip("/") for service, url in value.items()}

    @field_validator("oidc_issuer", "oidc_jwks_url", "otel_exporter_endpoint")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        if value is not None:
            _url.validate_python(value)
        return value

    @field_validator("public_url", "public_meetings_url", "public_board_url", "public_notify_url")
    @classmethod
    def _is_base_url(cls, value: str) -> str:
        _url.validate_python(value)
        return value.rstrip("/")

    @field_validator("smtp_from", "smtp_reply_to")
    @classmethod
    def _is_mailbox(cls, value: str | None) -> str | None:
        address = parseaddr(value)[1] if value is not None else None
        if address is not None and (not MAIL_ADDRESS.fullmatch(address) or not str(value).isprintable()):
            raise ValueError("no mail address: `name@domain`, or `Name <name@domain>`")
        return value

    @field_validator("dev_token_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < MINIMUM_SECRET_CHARACTERS:
            raise ValueError(f"at least {MINIMUM_SECRET_CHARACTERS} characters")
        return value

    @field_validator("signing_secrets", "webhook_allow", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            return json.loads(value)
        return [each for part in value.split(",") if (each := part.strip())]

    @field_validator("webhook_allow")
    @classmethod
    def _networks_and_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if "/" in each or ":" in each or not each.strip("0123456789."):
                ip_network(each)  # says what is wrong with it
            elif not _HOST_NAME.fullmatch(each):
                raise ValueError(f"{each!r} is neither a network nor a host name")
        return tuple(each.lower() for each in value)

    @field_validator("signing_secrets")
    @classmethod
    def _each_long_enough(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(each.get_secret_value()) < MINIMUM_SECRET_CHARACTERS for each in value):
            raise ValueError(f"each at least {MINIMUM_SECRET_CHARACTERS} characters")
        return value

    @model_validator(mode="after")
    def _mail_complete(self) -> Settings:
        if self.smtp_host is not None and self.smtp_from is None:
            raise _Unset("smtp_from", "needed with HXS_SMTP_HOST")
        if (self.smtp_user is None) != (self.smtp_password is None):
            raise _Unset("smtp_password", "HXS_SMTP_USER and HXS_SMTP_PASSWORD go together")
        if self.env == "prod" and self.smtp_tls == "none" and not self.smtp_plain_allowed:
            raise _Unset("smtp_tls", "`none` is refused in prod: mails and password would be readable")
        return self

    @model_validator(mode="after")
    def _safe_in_production(self) -> Settings:
        if self.env == "prod":
            if self.oidc_issuer is None and not self.local_accounts:
                raise _Unset(
                    "oidc_issuer", "needed in prod, or HXS_LOCAL_ACCOUNTS=1: else nobody can sign in"
                )
            if self.local_accounts and not self.token_secret_given:
                raise _Unset(
                    "dev_token_secret", "needed in prod with local accounts, the same for all processes"
                )
            if not self.signing_secrets_given:
                raise _Unset("signing_secrets", "needed in prod, the same for all processes")
        return self

    @property
    def token_secret_given(self) -> bool:
        """Whether `dev_token_secret` was set: else no other process accepts a token of this one."""
        return "dev_token_secret" in self.model_fields_set

    @property
    def signing_secrets_given(self) -> bool:
        """Whether `signing_secrets` were set: else codes hold in the process that made them only."""
        return "signing_secrets" in self.model_fields_set

    def port(self, service: str) -> int:
        """Return the port a service listens on.

        Raises:
            KeyError: no such service, and `http_port` is not set.
        """
        return PORTS[service] if self.http_port is None else self.http_port


class _Unset(ValueError):
    """A rule over several fields, reported at the one to change."""

    def __init__(self, field: str, fault: str) -> None:
        self.field = field
        self.fault = fault
        super().__init__(fault)


def _fault(error: Mapping[str, Any]) -> tuple[str, str]:
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, _Unset):
        return PREFIX + cause.field.upper(), cause.fault
    field = str(error["loc"][0]) if error["loc"] else "?"
    return PREFIX + field.upper(), str(error["msg"]).removeprefix("Value error, ")


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - field values of all types, validated
    """Read the environment; `overrides` (by field name) win over it.

    Raises:
        SettingsError: a variable's value cannot be used; names each such variable.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        faults = dict(_fault(dict(each)) for each in error.errors(include_url=False, include_input=False))
        raise SettingsError(faults) from None
    except UnreadableSettingError:
        # Only the one field that holds JSON can be unreadable before it is validated.
        raise SettingsError({f"{PREFIX}SERVICE_URLS": "must be a JSON object"}) from None


def _default_of(name: str) -> str:
    field = Settings.model_fields[name]
    if name in {"dev_token_secret", "signing_secrets"}:
        return "random"
    if name == "service_urls":
        return "this machine, default ports"
    if field.default in (None, ()) or field.default is PydanticUndefined:
        return "–"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def settings_table() -> str:
    """Return `docs/settings.md`: every variable with its default and meaning."""
    lines = [
        "# Settings",
        "",
        "Environment variables, read once when a process starts. A value that cannot be used stops the "
        "process with a message that names the variable.",
        "",
        "<!-- generated: python -m shared.platform.settings -->",
        "",
        "| variable | default | meaning |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| `{PREFIX}{name.upper()}` | {_default_of(name)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(lines) + "\n"


SETTINGS_PAGE = Path(__file__).parents[2] / "docs" / "settings.md"

if __name__ == "__main__":
    SETTINGS_PAGE.parent.mkdir(exist_ok=True)
    SETTINGS_PAGE.write_text(settings_table(), encoding="utf-8")
    sys.stdout.write(f"{SETTINGS_PAGE}\n")
