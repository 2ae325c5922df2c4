"""Settings of the spool: leases, group commit, how long things rest."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class SpoolSettings(BaseModel):
    """How messages rest and how they are committed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connections: int = Field(4, ge=2, le=64, description="Database connections per process.")
    committers: int = Field(
        1, ge=1, le=16, description="Commits that may be on their way at once; more make smaller groups."
    )
    commit_group: int = Field(128, ge=1, le=2_000, description="Most messages that share one commit.")
    commit_octets: int = Field(
        8 * 1024 * 1024, ge=65_536, description="Most octets of content that share one commit."
    )
    commit_timeout: timedelta = Field(
        timedelta(seconds=60),
        gt=timedelta(0),
        description="How long a commit may take before the client is told to try again.",
    )
    lease_time: timedelta = Field(
        timedelta(minutes=10),
        ge=timedelta(seconds=1),
        description="How long a copy belongs to the node that took it; it renews what it still works on.",
    )
    node_lease: timedelta = Field(
        timedelta(seconds=60), description="After this time without a sign of life a node counts as gone."
    )
    give_up_after: timedelta = Field(
        timedelta(days=7), gt=timedelta(0), description="How long delivery is tried before the mail bounces."
    )
    delay_notice_after: timedelta = Field(
        timedelta(hours=4), description="When a sender is told that a message is late; 0 = never."
    )
    keep_malware: timedelta = Field(timedelta(days=30), description="How long malware stays in quarantine.")
    keep_quarantined: timedelta = Field(
        timedelta(days=14), description="How long everything else stays in quarantine."
    )
    keep_settled: timedelta = Field(
        timedelta(hours=1), description="How long rows of a message stay after all of it has ended."
    )
    keep_trace: timedelta = Field(
        timedelta(days=30), ge=timedelta(days=1), description="How long the trace of a message stays."
    )
    keep_figures: timedelta = Field(
        timedelta(days=395), description="How long the hourly figures of reports stay."
    )
    keep_audit_months: int = Field(
        12,
        ge=1,
        le=36,
        description="Months that the audit keeps an act, where a tenant's `contract.audit_months` says no "
        "other number; entries that are older go by whole days.",
    )
    refusals_per_minute: int = Field(
        30, ge=1, description="Refusals of one client per minute that get a trace each; more are counted."
    )
    refused_header_octets: int = Field(
        16_384, ge=0, le=1_048_576, description="Octets of a refused message's header kept in the trace."
    )
