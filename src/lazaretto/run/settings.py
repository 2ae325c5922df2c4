"""Process settings: one typed document, ``HOME/lazaretto.toml``; an unknown key refuses to start.

Each part of the program describes its own settings beside its code; this module only puts them
together under their section names.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from lazaretto.core.errors import ConfigurationError
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.detect.reputation.settings import ReputationSettings
from lazaretto.detect.settings import DetectSettings
from lazaretto.edge.settings import EdgeSettings
from lazaretto.intelligence.settings import BundleSettings
from lazaretto.pipeline.settings import PipelineSettings
from lazaretto.protocol.settings import ClamavSettings, DnsSettings
from lazaretto.run.home import Home
from lazaretto.run.options import host_and_port
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.settings import SpoolSettings
from lazaretto.web.process_settings import WebSettings


def _checked_address(text: str) -> str:
    try:
        host_and_port(text)
    except ConfigurationError as failure:
        # The words in which this library wants to hear of it.
        raise ValueError(str(failure)) from failure
    return text


def _checked_if_given(text: str) -> str:
    return _checked_address(text) if text else text


_ListenAddress = Annotated[str, AfterValidator(_checked_address)]
_OptionalAddress = Annotated[str, AfterValidator(_checked_if_given)]


class DatabaseSettings(BaseModel):
    """Where PostgreSQL is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dsn: str = Field(
        "",
        description="Connection string of a PostgreSQL 15 or later in which we may create the databases"
        " control, spool and trace; empty = an embedded server in the home folder."
        " The environment variable LAZARETTO_DSN wins over this.",
    )


class ListenSettings(BaseModel):
    """Where this machine listens, and under which name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    smtp: _ListenAddress = Field("127.0.0.1:2525", description="Address of the SMTP edge, HOST:PORT.")
    connectors: _OptionalAddress = Field(
        "",
        description="Address at which tenants' own servers may show a client certificate, HOST:PORT; empty ="
        " none.",
    )
    balancers: _OptionalAddress = Field(
        "",
        description="Address for the balancers in edge.balancers, which say by the PROXY protocol for whom"
        " they connect, HOST:PORT; empty = none.",
    )
    http: _OptionalAddress = Field(
        "", description="Address of the API and the pages, HOST:PORT; empty = none, unless --http names one."
    )
    mailbox: _ListenAddress = Field(
        "127.0.0.1:2626",
        description="Address of the next hop that `lazaretto demo run` adds, HOST:PORT.",
    )
    host_name: str = Field(
        "",
        description="Name in our greeting, EHLO and Received fields; empty = this machine's own name.",
    )


class Settings(BaseModel):
    """Everything that an operator sets per machine; tenants' settings are in their documents."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen: ListenSettings = Field(default_factory=ListenSettings)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    edge: EdgeSettings = Field(default_factory=EdgeSettings)
    scan: PipelineSettings = Field(default_factory=PipelineSettings)
    spool: SpoolSettings = Field(default_factory=SpoolSettings)
    content: ContentSettings = Field(default_factory=ContentSettings)
    detect: DetectSettings = Field(default_factory=DetectSettings)
    bundles: BundleSettings = Field(default_factory=BundleSettings)
    delivery: DeliverySettings = Field(default_factory=DeliverySettings)
    dns: DnsSettings = Field(default_factory=DnsSettings)
    clamav: ClamavSettings = Field(default_factory=ClamavSettings)
    web: WebSettings = Field(default_factory=WebSettings)
    reputation: ReputationSettings = Field(default_factory=ReputationSettings)


def load_settings(home: Home, environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of ``home``; without a file everything has its default.

    Raises ``ConfigurationError`` naming each wrong key.
    """
    return _with_environment(parse_settings(_text(home.settings_file), home.settings_file.name), environment)


def parse_settings(text: str, name: str) -> Settings:
    """Return the settings in the TOML ``text``; ``name`` is for messages."""
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as failure:
        raise ConfigurationError(f"{name}: not a TOML document: {failure}") from failure
    except ValidationError as failure:
        raise ConfigurationError("\n".join(f"{name}: {line}" for line in _complaints(failure))) from failure


def defaults_document() -> str:
    """Return a TOML document of every setting at its default, each with its description."""
    return "\n".join(_section_lines(Settings())).rstrip() + "\n"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigurationError(f"cannot read {file}: {failure}") from failure


def _with_environment(settings: Settings, environment: Mapping[str, str]) -> Settings:
    dsn = environment.get("LAZARETTO_DSN", "")
    if not dsn:
        return settings
    return settings.model_copy(update={"database": DatabaseSettings(dsn=dsn)})


def _complaints(failure: ValidationError) -> Iterator[str]:
    for error in failure.errors():
        key = ".".join(str(step) for step in error["loc"])
        if error["type"] == "extra_forbidden":
            yield f"unknown setting {key}; `lazaretto config show --defaults` lists all"
        else:
            yield f"{key}: {error['msg']} (it is {error['input']!r})"


def _section_lines(settings: Settings) -> Iterator[str]:
    for section, model in settings:
        kind = type(model)
        summary = (kind.__doc__ or "").partition("\n")[0]
        yield f"# {summary}"
        yield f"[{section}]"
        yield from _field_lines(model)
        yield ""


def _field_lines(model: BaseModel) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if field.description:
            yield f"# {field.description}"
        if value is None:
            yield f"# {name} = not set"
        else:
            yield f"{name} = {_toml(value)}"


def _toml(value: Any) -> str:
    match value:
        case timedelta():
            return repr(value.total_seconds())
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case list() | tuple() | set() | frozenset():
            return "[" + ", ".join(_toml(each) for each in value) + "]"
        case dict():
            return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
        case _:
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
