"""Strangers who may use a tenant's names and look-alike domains: for every method, or for one alone.

The tenant's document lists them by method, its snapshot's options carry the lists, and what was approved
is told by the evidence of a finding.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

OPTION: Final = "impersonation.approved"
"""Addresses and domains, separated by spaces or commas: for every method, or for the one named behind it."""
EVERY_METHOD: Final = "every_method"
APPROVALS: Final = frozenset({"FROM_NAME_APPROVED", "REPLY_TO_NAME_APPROVED", "FROM_LOOKALIKE_APPROVED"})
"""Symbols whose evidence is an ``Approval``."""


class Method(StrEnum):
    """A method of impersonation control that knows approved strangers, by its name in the document."""

    USER_NAMES = "user_names"
    SIMILAR_NAMES = "similar_names"
    REPLY_NAMES = "reply_names"
    COLLEAGUE_NAMES = "colleague_names"
    LOOKALIKE_DOMAINS = "lookalike_domains"


@dataclass(frozen=True, slots=True)
class Approval:
    """A method that left a message alone, and the entry of the tenant's list that says so."""

    method: Method
    entry: str

    @property
    def evidence(self) -> str:
        """Its words in a finding."""
        return f"{self.method} by {self.entry}"

    @classmethod
    def of(cls, evidence: str) -> Self | None:
        """Return what ``evidence`` tells; None where it tells none."""
        method, by, entry = evidence.partition(" by ")
        return cls(Method(method), entry) if by and method in set(Method) else None


def option_of(method: str) -> str:
    """Return the option that names the approved for ``method``, or for ``EVERY_METHOD``."""
    return OPTION if method == EVERY_METHOD else f"{OPTION}.{method}"


def approval(options: Mapping[str, str], method: Method, sender: Collection[str]) -> Approval | None:
    """Return why ``method`` leaves ``sender`` alone: its folded address and domain, the narrower first."""
    named = f"{options.get(option_of(method), '')} {options.get(OPTION, '')}"
    approved = frozenset(named.lower().replace(",", " ").split())
    return next((Approval(method, each) for each in sender if each in approved), None)


def unknown_methods(options: Collection[str]) -> list[str]:
    """Return the options that approve for a method which there is not, in the order given."""
    known = {option_of(each) for each in Method} | {OPTION}
    return [each for each in options if each.startswith(f"{OPTION}.") and each not in known]
