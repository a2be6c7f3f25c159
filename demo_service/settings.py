"""Every setting, from the environment (``DEMO_...``) or from files of a secrets folder."""

import os
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import unquote, urlsplit

from limits import parse as parse_rate
from pydantic import AliasChoices, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from demo_service.security.api_keys import KeyRing

PREFIX = "DEMO_"
SECRETS_FOLDER_VARIABLE = "DEMO_SECRETS_DIR"

# The rest of a form around a file of the full size: boundaries, headers, fields.
FORM_OVERHEAD_BYTES = 256 * 1024

_Names = Annotated[tuple[str, ...], NoDecode]


def _also(name: str, *operators_names: str) -> AliasChoices:
    """A setting's regular name and those under which operators already store it."""
    return AliasChoices(PREFIX + name, *operators_names)


class Settings(BaseSettings):
    """Read once, at the start. A wrong value stops the start; the message never repeats a value."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        # What compose passes on of a variable that nobody set.
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    host: str = Field("127.0.0.1", description="Address of the public listener")
    port: int = Field(8000, ge=0, le=65535, description="Its port; 0 lets the system choose")
    metrics_host: str = Field("127.0.0.1", description="Address of the internal listener with /metrics")
    metrics_port: int = Field(9091, ge=0, le=65535, description="Its port; 0 lets the system choose")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level logged")
    shutdown_seconds: int = Field(10, ge=0, le=300, description="Patience with open requests at the end")

    data_dir: Path = Field(Path("demo-data"), description="Folder of the SQLite file and the local contents")
    database_url: SecretStr | None = Field(
        None, description="sqlite:///path or postgresql://user@host/name; default: SQLite in data_dir"
    )
    database_password: SecretStr | None = Field(
        None, validation_alias=_also("DATABASE_PASSWORD", "db_password"), description="If not in the URL"
    )
    blob_url: str | None = Field(
        None, description="file:///path or s3://bucket/prefix; default: a folder in data_dir"
    )
    s3_endpoint_url: str | None = Field(None, description="For an S3-compatible server")
    s3_region: str | None = Field(None, description="Default: boto3's own choice")
    s3_access_key_id: str | None = Field(None, description="Default: boto3's own chain")
    s3_secret_access_key: SecretStr | None = Field(None, description="Belongs to s3_access_key_id")

    search_url: str | None = Field(
        None, description="http(s)://host:port of Meilisearch; default: the database"
    )
    search_key: SecretStr | None = Field(
        None, validation_alias=_also("SEARCH_KEY", "meili_key"), description="Meilisearch's, if it wants one"
    )

    api_keys: SecretStr = Field(
        SecretStr(""),
        validation_alias=_also("API_KEYS", "PUBLIC_API_KEY", "api_key"),
        description="Key lines, separated by line breaks or `;`; none: nobody is let in",
    )
    key_rate: str = Field("600/minute", description="Requests of one key, for example 10/second")
    address_rate: str = Field("1200/minute", description="Requests from one address")
    cors_origins: _Names = Field((), description="Origins whose pages may call, separated by commas")
    trusted_proxies: _Names = Field((), description="Addresses whose X-Forwarded-For is believed")
    max_upload_bytes: int = Field(10 * 1024 * 1024, ge=1, description="Largest file")
    max_body_bytes: int = Field(64 * 1024, ge=1, description="Largest body of every other request")
    body_seconds: float = Field(30, gt=0, description="Time for a body to arrive")

    public_path: str | None = Field(
        None,
        pattern="^(/[A-Za-z0-9._-]+)+$",
        description="Where a proxy serves the API, such as /api; the OpenAPI document says so",
    )
    faults: bool = Field(False, description="1: the admin endpoint for drills exists")
    otlp_endpoint: str | None = Field(None, description="OTLP/HTTP traces URL; needs the tracing extra")

    @classmethod
    def load(cls) -> Self:
        """From the environment and, if ``DEMO_SECRETS_DIR`` is set, the files of that folder.

        A file is named like its setting (``demo_api_keys``, ``db_password``). The environment wins.
        """
        source: dict[str, Any] = {"_secrets_dir": os.environ.get(SECRETS_FOLDER_VARIABLE)}
        return cls(**source)

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("cors_origins")
    @classmethod
    def _plain_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
                raise ValueError("an origin is scheme://host[:port]; there is no wildcard")
        return origins

    @field_validator("key_rate", "address_rate")
    @classmethod
    def _known_rate(cls, rate: str) -> str:
        parse_rate(rate)
        return rate

    @field_validator("database_url", "blob_url")
    @classmethod
    def _known_scheme(cls, url: SecretStr | str | None, info: ValidationInfo) -> SecretStr | str | None:
        schemes = ("sqlite", "postgresql") if info.field_name == "database_url" else ("file", "s3")
        plain = url.get_secret_value() if isinstance(url, SecretStr) else url
        if plain is not None and plain.split("://")[0] not in schemes:
            raise ValueError(f"must start with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return url

    @field_validator("search_url")
    @classmethod
    def _plain_server(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "http://none")
        _ = parts.port  # a ValueError of its own where it is none
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("must be http://host:port or https://host:port, the key apart")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("must end with the port")
        return url

    @field_validator("api_keys")
    @classmethod
    def _well_formed_keys(cls, lines: SecretStr) -> SecretStr:
        KeyRing.parse(lines.get_secret_value())
        return lines

    @model_validator(mode="after")
    def _whole_s3_credentials(self) -> Self:
        if (self.s3_access_key_id is None) != (self.s3_secret_access_key is None):
            raise ValueError("s3_access_key_id and s3_secret_access_key belong together")
        return self

    def database_system(self) -> str:
        """What kind of database it is: ``sqlite`` or ``postgresql``."""
        url = self.database_url.get_secret_value() if self.database_url else "sqlite:"
        return url.partition(":")[0]

    def key_ring(self) -> KeyRing:
        """The live keys."""
        return KeyRing.parse(self.api_keys.get_secret_value())

    def secret_values(self) -> set[str]:
        """Every value that must never appear in a log line."""
        secrets = {
            value.get_secret_value()
            for value in (
                self.database_password,
                self.s3_secret_access_key,
                self.database_url,
                self.search_key,
            )
            if value is not None
        }
        if self.database_url is not None and (
            password := urlsplit(self.database_url.get_secret_value()).password
        ):
            secrets |= {password, unquote(password)}
        return secrets
