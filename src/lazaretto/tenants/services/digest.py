"""Digests: when people are told by mail what was quarantined for them, and of what."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import AfterValidator, Field

from lazaretto.core.address import fold
from lazaretto.core.end_users import CERTAIN_PHISHING, DigestWanted, Weekday
from lazaretto.core.snapshot import AddressRegistration
from lazaretto.tenants.choices import Language, Level, QuarantineReason
from lazaretto.tenants.service_section import SectionCard, ServiceSection
from lazaretto.tenants.services.quarantine import Quarantine
from lazaretto.tenants.values import MailAddress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazaretto.tenants.document import TenantDocument
    from lazaretto.tenants.questions.checked import Checked
    from lazaretto.tenants.remarks import Remark

_WORKDAYS: Final = tuple(Weekday)[:5]
_USUAL: Final[dict[Weekday, tuple[int, ...]]] = dict.fromkeys(_WORKDAYS, (8,))


def _hours(hours: tuple[int, ...]) -> tuple[int, ...]:
    if wrong := [hour for hour in hours if not 0 <= hour <= 23]:
        raise ValueError(f"{wrong[0]} is no hour; write 0 to 23")
    return tuple(sorted(set(hours)))


def _known_zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as failure:
        raise ValueError(f'"{name}" is no time zone; write it like Europe/Brussels') from failure
    return name


def _in_order(hours: dict[Weekday, tuple[int, ...]]) -> dict[Weekday, tuple[int, ...]]:
    return {day: hours[day] for day in Weekday if hours.get(day)}


def _each_once(addresses: tuple[str, ...]) -> tuple[str, ...]:
    known = {fold(address): address for address in reversed(addresses)}
    return tuple(known[folded] for folded in sorted(known))


def _reasons(reasons: tuple[QuarantineReason, ...]) -> tuple[QuarantineReason, ...]:
    return tuple(each for each in QuarantineReason if each in reasons)


class Digest(ServiceSection):
    """When people are told by mail what was quarantined for them."""

    card: ClassVar = SectionCard(
        key="digest",
        summary="When people are told by mail what was quarantined for them.",
        lowest=Level.GROUP,
    )

    send: bool = Field(default=False, description="Whether digests are sent; needs address registration.")
    hours: Annotated[
        dict[Weekday, Annotated[tuple[int, ...], AfterValidator(_hours)]], AfterValidator(_in_order)
    ] = Field(
        default=_USUAL,
        description="Full hours of each weekday at which one is sent where something is new, as "
        "`{monday: [8, 16], friday: [8]}`.",
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Europe/Brussels", description="The time zone of `hours`."
    )
    reasons: Annotated[tuple[QuarantineReason, ...], AfterValidator(_reasons)] = Field(
        default=(
            QuarantineReason.SPAM,
            QuarantineReason.BULK,
            QuarantineReason.PHISHING,
            QuarantineReason.IMPERSONATION,
        ),
        description="What is listed, by the reason for which it was caught.",
    )
    language: Language | None = Field(
        default=None, description="Its language; left out, the person's own or the tenant's."
    )
    leave_out_blocked: bool = Field(
        default=True, description="Say nothing of senders whom the person blocked."
    )
    welcome: bool = Field(
        default=False,
        description="Greet every registered mailbox once by a short mail, also where nothing is held; "
        "otherwise the first list greets.",
    )
    excluded: Annotated[tuple[MailAddress, ...], AfterValidator(_each_once)] = Field(
        default=(),
        max_length=100_000,
        description="Addresses that get none, such as those that only programs read.",
        json_schema_extra={"lowest": "global"},
    )

    def wanted(self, document: TenantDocument) -> DigestWanted:
        """Return when a digest is due; at no hour where none is sent."""
        if not self.send or document.address_registration is AddressRegistration.OFF:
            return DigestWanted()
        listed = {each.value for each in self.reasons}
        if QuarantineReason.PHISHING in self.reasons:
            listed.add(CERTAIN_PHISHING)
        return DigestWanted(
            hours=self.hours,
            time_zone=self.time_zone,
            reasons=frozenset(listed),
            language=self.language.value if self.language else "",
            leave_out_blocked=self.leave_out_blocked,
            welcome=self.welcome,
        )

    def remarks(self, checked: Checked) -> Iterable[Remark]:
        """Will a digest ever be of use?"""
        if not self.send:
            return
        if not self.hours:
            yield checked.remark(("digest", "hours"), "no hour is named, so none is sent; name one")
        if not Quarantine.of(checked.document).end_users:
            problem = "people get digests of a quarantine that they may not see; set quarantine.end_users"
            yield checked.remark(("digest", "send"), problem)
