"""What the environment says: the variables JEJAK_*, and files of the same names (in lower case) in /run/secrets.

Only the composition root reads them.
"""

import base64
import binascii
import ipaddress
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self, cast

from pydantic import AwareDatetime, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api.cluster import make_folder, write_file
from domain.errors import JejakError

SECRETS = Path("/run/secrets")
KEY_LENGTH = 32  # bytes; AES-256


class Settings(BaseSettings):
    """Each field is the variable JEJAK_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="JEJAK_", extra="ignore", frozen=True, hide_input_in_errors=True)

    data: Path = Path(".jejak")
    """Where the embedded PostgreSQL, the master key and the like are kept."""
    database_url: SecretStr | None = None
    """The PostgreSQL of the ledger and its rows; without it the embedded one runs in `data`."""
    keys_url: SecretStr | None = None
    """The PostgreSQL database of the keys and blind indexes; never the ledger's own."""
    master_key: SecretStr | None = None
    """32 bytes in base64 that wrap the customers' keys; without it, the file `master.key` in `data`."""
    now: AwareDatetime | None = None
    """Stands for the present in questions and commands; never in recorded time."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "ID"
    """ISO 3166 country of telephone numbers that are written without one."""
    promotion_by_two: bool = False
    """Whether a rulebook has to be promoted by somebody else than who published it."""
    webhook_inside: bool = False
    """Whether webhooks may go anywhere, inside of the network and without TLS too; for trials."""
    webhook_allow: Annotated[tuple[str, ...], NoDecode] = ()
    """Hosts, addresses and networks (10.1.0.0/16), with commas between, where they may."""
    webhook_park_days: Annotated[float, Field(gt=0, le=365)] = 4.0
    """After so many days of failing, a webhook is parked."""
    log: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("master_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _decoded(value.get_secret_value())
        return value

    @field_validator("webhook_allow", mode="before")
    @classmethod
    def _with_commas(cls, value: object) -> object:
        parts = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        for part in cast("Sequence[str]", parts):
            if "/" in part:  # no name has one
                ipaddress.ip_network(part, strict=False)
        return parts

    @model_validator(mode="after")
    def _keys_apart(self) -> Self:
        if (self.database_url is None) != (self.keys_url is None):
            raise ValueError("set both JEJAK_DATABASE_URL and JEJAK_KEYS_URL (a database of its own), or neither")
        if self.database_url is not None and self.database_url == self.keys_url:
            raise ValueError(
                "JEJAK_KEYS_URL and JEJAK_DATABASE_URL must differ: keys need another database than the ledger"
            )
        return self


def read() -> Settings:
    """The settings as the environment has them now. pydantic.ValidationError names each variable that is wrong."""
    folder = SECRETS if SECRETS.is_dir() else None
    return Settings(_secrets_dir=folder)  # pyright: ignore[reportCallIssue] - taken by BaseSettings, but no field


class MissingMasterKey(JejakError):
    """The key store was locked with a master key, and it is not where it should be."""


def master_key(settings: Settings, *, make: bool = True) -> bytes:
    """The 32 bytes that wrap the customers' keys; made in the data folder (mode 0600) where none is set or there.

    Whoever loses them loses every sealed part: keep a copy apart from the database's. Where there are keys already that
    one wraps, `make` is false, and MissingMasterKey says so.
    """
    if settings.master_key is not None:
        return _decoded(settings.master_key.get_secret_value())
    path = settings.data.expanduser() / "master.key"
    make_folder(path.parent, 0o711 if os.geteuid() == 0 else 0o700)
    if not path.exists():
        if not make:
            raise MissingMasterKey(
                f"the key store is locked with a master key, but neither JEJAK_MASTER_KEY nor {path} is there; "
                "put back the copy that was kept"
            )
        aside = path.with_name(f"master.key.{secrets.token_hex(4)}")
        write_file(aside, base64.b64encode(secrets.token_bytes(KEY_LENGTH)).decode() + "\n")
        try:
            path.hardlink_to(aside)  # of several processes that start at once, one makes the key
        except FileExistsError:
            pass
        finally:
            aside.unlink()
        _keep(path.parent)
    return _decoded(path.read_text())


def _keep(folder: Path) -> None:
    """Let a new name in a folder outlast a power failure."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_LENGTH:
        raise ValueError(f"the master key must be {KEY_LENGTH} bytes in base64; `openssl rand -base64 32` makes one")
    return key
