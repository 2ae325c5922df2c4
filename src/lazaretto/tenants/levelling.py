"""From settings at their levels to policies: one for each set of settings that somebody has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lazaretto.core.address import domain_of, fold
from lazaretto.core.cards import OPTION_OF, Service
from lazaretto.core.end_users import EndUserSettings
from lazaretto.core.snapshot import Policy, Rule
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.levels import Overlay, over, said, says_something
from lazaretto.tenants.methods import method_rules, thresholds_of
from lazaretto.tenants.own_rules import own_rules
from lazaretto.tenants.service_registry import sections
from lazaretto.tenants.services.contract import Contract
from lazaretto.tenants.services.digest import Digest
from lazaretto.tenants.services.quarantine import Quarantine

MOST_POLICIES: Final = 10_000
"""Different sets of settings in one tenant; more is a mistake in generating the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A level that says something, and its settings."""

    name: str
    """``domain customer.example``, ``group directors``."""
    overlay: Overlay


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Whose settings differ, and how."""

    policies: tuple[Policy, ...] = ()
    of_domain: Mapping[str, int]
    of_address: Mapping[str, int]

    def uses(self, own: Policy, approval: str) -> bool:
        """Tell whether anybody has switched on the approvals that ``approval`` finds."""
        return any(approval in policy.approvals for policy in (own, *self.policies))


def policy_of(document: TenantDocument, level: str = "global") -> Policy:
    """Return what ``document`` means to policy."""
    antispam, contract = document.antispam, Contract.of(document)
    lists = {
        "SENDER_APPROVED_IP": antispam.approved_ips,
        "SENDER_APPROVED_ADDRESS": antispam.approved_addresses,
    }
    return Policy(
        level=level,
        rules=tuple(rule for rule in _rules(document) if _is_ordered(rule, contract)),
        thresholds=thresholds_of(antispam),
        approvals=frozenset(name for name, is_on in lists.items() if is_on),
        people=EndUserSettings(
            rights=Quarantine.of(document).rights(document), digest=Digest.of(document).wanted(document)
        ),
    )


def _rules(document: TenantDocument) -> Iterator[Rule]:
    yield from method_rules(document)
    for section in sections():
        yield from (rule for rule in section.of(document).rules(document) if rule is not None)
    yield from own_rules(document)


def _is_ordered(rule: Rule, contract: Contract) -> bool:
    section = rule.name.partition(".")[0]
    options = {each.card.key: each.card.option for each in sections()}
    options["impersonation"] = OPTION_OF[Service.IMPERSONATION_CONTROL]
    option = options.get(section)
    return option is None or option in contract.options


def document_at(document: TenantDocument, origins: Sequence[Origin]) -> TenantDocument:
    """Return the document that holds where ``origins`` speak, the farthest level first."""
    return over(document, (origin.overlay for origin in origins))


def origins_of_domain(document: TenantDocument, domain: str) -> tuple[Origin, ...]:
    """Return the level of ``domain`` if it says anything."""
    known = document.domains.get(domain)
    if known is None or not says_something(known.settings):
        return ()
    return (Origin(name=f"domain {domain}", overlay=known.settings),)


def origins_of_groups(document: TenantDocument, mailbox: str) -> tuple[Origin, ...]:
    """Return the groups of a folded ``mailbox`` that say anything, the one that wins last."""
    return tuple(
        Origin(name=f"group {name}", overlay=document.groups[name].settings)
        for name in reversed(
            [
                name
                for name in speaking_groups(document)
                if mailbox in set(map(fold, document.groups[name].members))
            ]
        )
    )


def speaking_groups(document: TenantDocument) -> list[str]:
    """Return the names of groups that have settings, the one that wins first."""
    speaking = [name for name, group in document.groups.items() if says_something(group.settings)]
    return sorted(speaking, key=lambda name: (document.groups[name].order, name))


def compile_levels(document: TenantDocument, own: Policy) -> People:
    """Return the policies of domains and groups, each once; ``own`` is the tenant's."""
    made = _Policies(document, own)
    of_domain = {
        domain: made.number((domain,), ())
        for domain in document.domains
        if origins_of_domain(document, domain)
    }
    groups_of: dict[str, list[str]] = {}
    for name in speaking_groups(document):
        for member in document.groups[name].members:
            groups_of.setdefault(fold(member), []).append(name)
    of_address = {
        mailbox: made.number((domain_of(mailbox),), tuple(names)) for mailbox, names in groups_of.items()
    }
    return People(policies=tuple(made.policies), of_domain=of_domain, of_address=of_address)


class _Policies:
    def __init__(self, document: TenantDocument, own: Policy) -> None:
        self._document = document
        self._numbers: dict[tuple[str, ...], int] = {}
        self._own = own
        self.policies: list[Policy] = []

    def number(self, domains: tuple[str, ...], groups: tuple[str, ...]) -> int:
        """Return the number of the policy for people of these domains and groups (winner first)."""
        origins = [origin for domain in domains for origin in origins_of_domain(self._document, domain)]
        origins += [
            Origin(name=f"group {name}", overlay=self._document.groups[name].settings)
            for name in reversed(groups)
        ]
        key = tuple(origin.name for origin in origins)
        if key not in self._numbers:
            self._numbers[key] = len(self.policies)
            self.policies.append(self._policy(origins))
        return self._numbers[key]

    def _policy(self, origins: Sequence[Origin]) -> Policy:
        merged = policy_of(document_at(self._document, origins), ", ".join(each.name for each in origins))
        own = {rule.name: rule for rule in self._own.rules}
        sources = _sources(origins)
        # Equal rules are one object: with many levels they are most of a snapshot.
        rules = tuple(
            own[rule.name] if own.get(rule.name) == rule else _sourced(rule, sources) for rule in merged.rules
        )
        return replace(merged, rules=rules)


def _sources(origins: Sequence[Origin]) -> dict[str, str]:
    """Return the level that each setting comes from, by its path without the leaf's own parts."""
    return {".".join(path[:2]): origin.name for origin in origins for path, _ in said(origin.overlay)}


def _sourced(rule: Rule, sources: Mapping[str, str]) -> Rule:
    source = sources.get(rule.name)
    return replace(rule, setting=f"{rule.setting} ({source})") if source else rule
