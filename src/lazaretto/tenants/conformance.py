"""Where a tenant leaves the best-practice profile: which setting, whose duty, since when, with what effect.

Service levels for spam are void only while a setting that is the tenant's own duty is missing: with
the reactive formula that is the whole profile, otherwise only what stands in the tenant's own DNS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from lazaretto.tenants.choices import DmarcAction, Formula, MailAction, Sensitivity
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.services.contract import Contract


class Party(Enum):
    """Whose duty a setting is."""

    TENANT = "tenant"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One setting of the profile (annex 1)."""

    path: str
    wanted: str
    """In words."""
    holds: Callable[[Any], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVersion:
    """A version that was in force from a time on."""

    document: TenantDocument
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A setting that is not as the profile wants it."""

    path: str
    value: Any
    wanted: str
    duty: Party
    since: datetime | None
    """When it came into force; None when that is not known."""

    @property
    def suspends_levels(self) -> bool:
        """Tell whether the service levels for spam do not apply while it lasts."""
        return self.duty is Party.TENANT


def _acts(choice: Any) -> bool:
    return choice not in (MailAction.OFF, MailAction.LOG)


def _blocks(choice: Any) -> bool:
    return choice in (MailAction.BLOCK_AND_DELETE, MailAction.DELETE)


def _is_not(unwanted: Enum) -> Callable[[Any], bool]:
    return lambda choice: choice is not unwanted


REQUIREMENTS: Final = (
    Requirement(path="antispam.approved_ips", wanted="on", holds=bool),
    Requirement(path="antispam.approved_addresses", wanted="on", holds=bool),
    Requirement(path="antispam.spf", wanted="block-and-delete", holds=_blocks),
    Requirement(
        path="antispam.dmarc", wanted="by-policy", holds=lambda choice: choice is DmarcAction.BY_POLICY
    ),
    Requirement(path="antispam.blocked_ips", wanted="block-and-delete", holds=_blocks),
    Requirement(path="antispam.blocked_addresses", wanted="block-and-delete", holds=_blocks),
    Requirement(path="antispam.dynamic_ip", wanted="block-and-delete", holds=_blocks),
    Requirement(path="antispam.signatures", wanted="block-and-delete", holds=_blocks),
    Requirement(path="antispam.spam", wanted="tag-subject or more", holds=_acts),
    Requirement(path="antispam.bulk", wanted="on", holds=_is_not(MailAction.OFF)),
    Requirement(
        path="antispam.sensitivity",
        wanted="standard or strict",
        holds=_is_not(Sensitivity.LOW),
    ),
)


def conformance(document: TenantDocument, past: Sequence[PastVersion]) -> Iterator[Deviation]:
    """Yield where ``document`` leaves the profile; ``past`` are all versions, the latest first."""
    duty = duty_of(document)
    for requirement in REQUIREMENTS:
        value = _at(document, requirement.path)
        if not requirement.holds(value):
            yield Deviation(
                path=requirement.path,
                value=getattr(value, "value", value),
                wanted=requirement.wanted,
                duty=duty,
                since=_since(requirement, past),
            )


def duty_of(document: TenantDocument) -> Party:
    """Return whose duty the profile's settings here are."""
    contract = Contract.of(document)
    alone = contract.formula is Formula.REACTIVE and not contract.assist
    return Party.TENANT if alone else Party.OPERATOR


def _since(requirement: Requirement, past: Sequence[PastVersion]) -> datetime | None:
    since = None
    for version in past:
        if requirement.holds(_at(version.document, requirement.path)):
            break
        since = version.published_at
    return since


def _at(document: TenantDocument, path: str) -> Any:
    value: Any = document
    for step in path.split("."):
        value = getattr(value, step)
    return value
