"""DMARC policy records and the tree walk that finds them (RFC 9989 §4.7, §4.10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from lazaretto.core.facts import DnsAnswer

MOST_QUESTIONS = 8
LONGEST_RECORD = 4_096


class Policy(IntEnum):
    """What a domain owner asks for, mildest first."""

    NONE = 0
    QUARANTINE = 1
    REJECT = 2

    @property
    def word(self) -> str:
        """As in ``p=``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """One valid record."""

    policy: Policy
    subdomains: Policy
    """For sub-domains without a record of their own."""
    nonexistent: Policy
    """For sub-domains that the DNS does not know."""
    strict_dkim: bool = False
    strict_spf: bool = False
    psd: str = "u"
    """``y``: a public suffix; ``n``: an organization's own domain; ``u``: not said."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record and the domain at which it stands."""

    domain: str
    record: DmarcRecord


TxtLookup = Callable[[str], DnsAnswer | None]
"""Gives the TXT answer for a name; None when it was not asked."""

_POLICIES = {policy.word: policy for policy in Policy}


def tags_in(text: str) -> dict[str, str]:
    """Return the values of a record by tag, as they are written; the first of several counts."""
    pieces = [piece.partition("=") for piece in text[:LONGEST_RECORD].split(";")]
    return {name.strip().lower(): value.strip() for name, _, value in reversed(pieces)}


@lru_cache(maxsize=4096)
def parse_record(text: str) -> DmarcRecord | None:
    """Return the record; None when the text is none.  What cannot be understood in it is left out."""
    pieces = [piece.partition("=") for piece in text[:LONGEST_RECORD].split(";")]
    pairs = [(name.strip().lower(), value.strip()) for name, _, value in pieces]
    if pairs[0] != ("v", "DMARC1"):
        return None
    # The first of several counts, so that nobody can append to a record by a longer one.
    tags = {name: value.lower() for name, value in reversed(pairs)}
    testing = tags.get("t") == "y"
    policy = _POLICIES.get(tags.get("p", ""), Policy.NONE)
    subdomains = _POLICIES.get(tags.get("sp", ""), policy)
    nonexistent = _POLICIES.get(tags.get("np", ""), subdomains)
    return DmarcRecord(
        policy=_applied(policy, testing),
        subdomains=_applied(subdomains, testing),
        nonexistent=_applied(nonexistent, testing),
        strict_dkim=tags.get("adkim") == "s",
        strict_spf=tags.get("aspf") == "s",
        psd=tags["psd"] if tags.get("psd") in {"y", "n"} else "u",
    )


def _applied(policy: Policy, testing: bool) -> Policy:
    """Return the policy one step milder while its owner is testing (``t=y``)."""
    return Policy(max(0, policy - 1)) if testing else policy


def record_name(domain: str) -> str:
    """Return the name at which the record of ``domain`` stands."""
    return f"_dmarc.{domain}"


@lru_cache(maxsize=8192)
def domains_to_ask(domain: str) -> tuple[str, ...]:
    """Return the domains that the tree walk from ``domain`` may visit, in order: at most eight."""
    labels = domain.split(".")
    visited = [domain]
    # From a name of eight labels or more the walk jumps to its last seven (§4.10, step 5).
    rest = labels[1:] if len(labels) < MOST_QUESTIONS else labels[-(MOST_QUESTIONS - 1) :]
    while rest:
        visited.append(".".join(rest))
        rest = rest[1:]
    return tuple(visited)


def record_at(domain: str, lookup: TxtLookup) -> DmarcRecord | None:
    """Return the only record at ``domain``; several count as none."""
    answer = lookup(record_name(domain))
    if answer is None:
        return None
    records = [record for record in map(parse_record, answer.records) if record is not None]
    return records[0] if len(records) == 1 else None


def text_at(domain: str, lookup: TxtLookup) -> str:
    """Return the text of the only record at ``domain``; empty when there is none, or several."""
    answer = lookup(record_name(domain))
    texts = [each for each in answer.records if parse_record(each) is not None] if answer else []
    return texts[0][:LONGEST_RECORD] if len(texts) == 1 else ""


def walk(domain: str, lookup: TxtLookup) -> tuple[Found, ...]:
    """Return the records on the way up from ``domain``, up to one that says what it is."""
    found: list[Found] = []
    for visited in domains_to_ask(domain):
        record = record_at(visited, lookup)
        if record is None or ("." not in visited and record.psd != "y"):
            # A top-level domain that does not say psd=y is nobody's organization.
            continue
        found.append(Found(visited, record))
        if record.psd != "u":
            break
    return tuple(found)


def organizational_domain(domain: str, lookup: TxtLookup) -> str:
    """Return the domain of the organization that ``domain`` belongs to (§4.10.2)."""
    found = walk(domain, lookup)
    for each in found:
        if each.record.psd == "n":
            return each.domain
        if each.record.psd == "y" and each.domain != domain:
            below = each.domain.count(".") + 2
            return ".".join(domain.split(".")[-below:])
    return found[-1].domain if found else domain
