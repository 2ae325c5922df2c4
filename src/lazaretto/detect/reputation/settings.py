"""Settings of the lists on which clients and domains may stand."""

from __future__ import annotations

from enum import Enum

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Subject(Enum):
    """What a list is about."""

    CLIENT = "client"
    """IP addresses of those who connect."""
    DOMAIN = "domain"
    """Domains of envelope senders, greetings and authors."""


class Meaning(Enum):
    """What standing on a list says."""

    LISTED = "listed"
    """It is known for unwanted mail."""
    DYNAMIC = "dynamic"
    """It is an address of home connections, which do not send mail straight to strangers."""


class DnsList(BaseModel):
    """A public block list that is asked over the DNS (RFC 5782)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: str = Field(min_length=3, max_length=200, description="Zone of the list, such as bl.example.")
    about: Subject = Field(Subject.CLIENT, description="What is looked up: `client` or `domain`.")
    meaning: Meaning = Field(
        Meaning.LISTED,
        description="What an answer means where `answers` does not say: `listed` or `dynamic`.",
    )
    weight: float = Field(1.0, gt=0, le=10, description="How far it is believed: 1 = it is enough alone.")
    answers: dict[str, Meaning] = Field(
        default_factory=dict,
        description="What single answers mean, by address; when given, other answers mean nothing.",
    )

    @field_validator("zone")
    @classmethod
    def _plain(cls, zone: str) -> str:
        return zone.lower().strip(".")


class ListFile(BaseModel):
    """A list in a file: one address, network or domain on each line, ``#`` begins a comment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(min_length=1, description="Path of the file; it is read again when it changes.")
    meaning: Meaning = Field(Meaning.LISTED, description="What standing on it means: `listed` or `dynamic`.")
    weight: float = Field(1.0, gt=0, le=10, description="How far it is believed: 1 = it is enough alone.")


class ReputationSettings(BaseModel):
    """Block lists: asked over the DNS, and as files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dns_lists: tuple[DnsList, ...] = Field(
        (),
        max_length=30,
        description="Block lists to ask over the DNS, each with `zone` and, if wanted, `about` (client,"
        " domain), `meaning` (listed, dynamic), `weight` (1 = enough alone) and `answers`.",
    )
    files: tuple[ListFile, ...] = Field(
        (),
        max_length=100,
        description="Lists in files of addresses, networks and domains, each with `file` and, if wanted,"
        " `meaning` (listed, dynamic) and `weight`.",
    )
    time_limit: float = Field(
        3.0,
        gt=0,
        le=30,
        description="Seconds that all lists together have to answer; what is late counts as not listed.",
    )
