"""Lists that clean themselves: when entries end, and when what is on trial is proposed to act."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from lazaretto.tenants.service_section import SectionCard, ServiceSection


class ListCare(ServiceSection):
    """When entries of lists end by themselves, and when what is on trial is proposed to act."""

    card: ClassVar = SectionCard(
        key="list_care",
        summary="When entries of lists end by themselves, and when what is on trial is proposed to act.",
    )

    approved_end_after_days: int = Field(
        default=365,
        ge=0,
        le=3_650,
        description="Days after its first publication at which an approved sender without `expires` is "
        "removed; 0 = never.",
    )
    blocked_end_after_days: int = Field(
        default=0, ge=0, le=3_650, description="The same for blocked senders; 0 = never."
    )
    unused_end_after_days: int = Field(
        default=0,
        ge=0,
        le=3_650,
        description="Days without use after which an approved sender without `expires` goes; 0 = never.",
    )
    trial_days: int = Field(
        default=14,
        ge=1,
        le=30,
        description="Days after which what is on trial is proposed to act, if it behaved.",
    )
    trial_disputes: int = Field(
        default=1, ge=0, le=1_000, description="The most disputed hits with which it still behaved."
    )
    propose_trials: bool = Field(
        default=True, description="Whether such proposals are made; a person decides about each."
    )
