"""Settings of what all tenants share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lazaretto.core.errors import ConfigurationError
from lazaretto.intelligence.bundle_keys import PublicKey


def _checked_key(text: str) -> str:
    try:
        return PublicKey.parse(text).text
    except ConfigurationError as failure:
        # The words in which this library wants to hear of it.
        raise ValueError(str(failure)) from failure


def _checked_source(text: str) -> str:
    if text and not text.startswith(("https://", "/")):
        raise ValueError("it must begin with https://, or be the whole path of a folder")
    return text


class BundleSettings(BaseModel):
    """Signed bundles of rules, lists, models and hashes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trusted_keys: tuple[Annotated[str, AfterValidator(_checked_key)], ...] = Field(
        (),
        description="Public keys whose bundles this machine takes, as `lazaretto bundle key` prints them;"
        " empty = none, only what the program ships is used.",
    )
    source: Annotated[str, AfterValidator(_checked_source)] = Field(
        "",
        description="HTTPS address of a bundle, or a folder of them, that is fetched and installed when it is"
        " newer; empty = none.",
    )
    fetch_every: float = Field(3_600.0, ge=10, description="Seconds between two looks at the source.")
    authorities: str = Field(
        "",
        description="File of PEM certificates that the source's certificate must come from; empty = the"
        " system's.",
    )

    def keys(self) -> tuple[PublicKey, ...]:
        """Return the keys that are trusted."""
        return tuple(map(PublicKey.parse, self.trusted_keys))
