"""Settings of the protocols that ask others: the DNS."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class DnsSettings(BaseModel):
    """Who is asked, how long we wait, and how much is remembered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    servers: tuple[str, ...] = Field(
        default=(),
        description='Addresses of resolvers, "192.0.2.53" or "192.0.2.53:5353"; empty = those of the system.',
    )
    question_limit: float = Field(
        default=3.0,
        gt=0,
        le=30,
        description="Seconds after which one question counts as unanswered, all tries together.",
    )
    tries: int = Field(default=2, ge=1, le=5, description="How often a question is sent within its time.")
    concurrency: int = Field(
        default=5_000,
        ge=1,
        description="Questions that may be under way at once; further ones wait within their time.",
    )
    cache_size: int = Field(
        default=50_000, ge=0, description="Answers that are remembered; the oldest give way."
    )
    longest_ttl: float = Field(
        default=3_600.0,
        ge=0,
        description="Seconds for which an answer is remembered at most, whatever its TTL.",
    )
    negative_ttl: float = Field(
        default=60.0,
        ge=0,
        description='Seconds for which "no such name" and "no such record" are remembered.',
    )
    failure_ttl: float = Field(
        default=10.0, ge=0, description="Seconds for which a failed question is not asked again."
    )
    silence_after: int = Field(
        default=8,
        ge=1,
        description="Unanswered questions in a row after which the resolvers themselves are put to the test;"
        " while they are silent, questions end at once.",
    )
    silence_retry: float = Field(
        default=5.0, gt=0, description="Seconds between tests of resolvers that are silent."
    )


def _checked_server(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if text.startswith("/") or (colon and host and port.isdigit() and int(port) < 65_536):
        return text
    raise ValueError("give HOST:PORT or the path of a socket")


class ClamavSettings(BaseModel):
    """Daemons of ClamAV, asked about every message; there need not be any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    servers: tuple[Annotated[str, AfterValidator(_checked_server)], ...] = Field(
        (),
        description="Where clamd listens, each HOST:PORT or the path of a socket; the next one is asked where"
        " one does not answer. Where none does, mail is accepted and waits."
        " Set AlertExceedsMax to yes in clamd.conf.",
    )
    time_limit: float = Field(60.0, gt=0, description="Seconds that a daemon may take for one message.")
    connect_limit: float = Field(5.0, gt=0, description="Seconds within which a daemon must take the call.")
    max_size: int = Field(
        100_000_000,
        gt=0,
        description="Octets of a message that are sent to a daemon; a larger message is unscannable. The"
        " daemon's own StreamMaxLength counts as well.",
    )
