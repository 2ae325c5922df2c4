"""Review: whether a second person must approve a change before it is published."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from lazaretto.tenants.service_section import SectionCard, ServiceSection


class Review(ServiceSection):
    """Whether a second person must approve a change before it is published."""

    card: ClassVar = SectionCard(
        key="review", summary="Whether a second person must approve a change before it is published."
    )

    required: bool = Field(
        default=False,
        description="Changes are proposed, and published when somebody else approves them. Switching this "
        "off is such a change, too.",
    )
    expires_after_days: int = Field(
        default=7, ge=1, le=90, description="Days after which a proposal that nobody decided ends."
    )
