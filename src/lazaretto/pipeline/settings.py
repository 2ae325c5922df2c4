"""Settings of the scan workers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PipelineSettings(BaseModel):
    """How much a look may cost, and how many workers look."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: int = Field(0, ge=0, le=512, description="Scan worker processes; 0 = one per core.")
    time_budget: float = Field(
        30.0,
        gt=0,
        description="Seconds within which a look must end while the client waits; after that the message"
        " is accepted unscanned and looked at before it goes anywhere.",
    )
    cpu_limit: int = Field(60, ge=1, description="CPU seconds that one message may cost its worker.")
    wall_limit: float = Field(
        120.0, gt=0, description="Seconds after which a worker that still has the same message is replaced."
    )
    memory_limit: int = Field(
        2_048, ge=512, description="Address space of one worker in MiB; more kills the look, not the machine."
    )
    recycle_after: int = Field(
        20_000, ge=1, description="Messages after which a worker is replaced, so that leaks stay small."
    )
    authentication_limit: float = Field(
        10.0, gt=0, description="Seconds that all DNS questions about one message may take together."
    )
