"""Which settings stand together on which page, and whose they are.

A section of the document that no page names gets a page of its own: a service that registers by
existing is configured by existing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from lazaretto.core.impersonators import Method
from lazaretto.store.scope import Area
from lazaretto.store.sections import area_of
from lazaretto.tenants.form_fields import FormField, fields_below
from lazaretto.tenants.service_registry import sections


@dataclass(frozen=True, slots=True)
class Group:
    """Settings under one heading; ``prefixes`` are keys of settings, or of sections for all below."""

    key: str
    prefixes: tuple[str, ...]

    @property
    def fields(self) -> tuple[FormField, ...]:
        """The settings in order."""
        return tuple(field for prefix in self.prefixes for field in fields_below(prefix))


@dataclass(frozen=True, slots=True)
class Service:
    """A page of settings."""

    key: str
    area: Area
    icon: str
    groups: tuple[Group, ...]

    @property
    def fields(self) -> Iterator[FormField]:
        """All settings of the page."""
        for group in self.groups:
            yield from group.fields

    @property
    def page(self) -> str:
        """The name of the page."""
        return f"service-{self.key.replace('_', '-')}"


def _below(section: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{section}.{name}" for name in names)


_PLACED: Final = (
    Service(
        "antispam",
        Area.ANTISPAM,
        "mail-x",
        (
            Group("approved", _below("antispam", "approved_ips", "approved_addresses")),
            Group(
                "blocked",
                _below("antispam", "blocked_ips", "blocked_addresses", "user_lists", "blocked_by_users"),
            ),
            Group("sender-checks", _below("antispam", "spf", "dmarc", "dynamic_ip", "block_lists")),
            Group("content", _below("antispam", "signatures", "spam", "phishing", "bulk", "greylisting")),
            Group("limits", _below("antispam", "sensitivity", "thresholds", "learning")),
            Group("destinations", _below("antispam", "redirect_address", "bulk_address")),
            Group("tags", ("antispam.subject_tags",)),
            Group("trial", ("antispam.shadow_thresholds",)),
        ),
    ),
    Service(
        "antimalware",
        Area.ANTIMALWARE,
        "bug",
        (
            Group("main", ("antimalware", "malware_handling.proactive", "malware_handling.banner")),
            Group("release", _below("malware_handling", "four_eyes", "release_address")),
            Group(
                "alerts",
                _below(
                    "malware_handling",
                    "alert_administrators",
                    "alert_recipients",
                    "alert_senders",
                    "alert_addresses",
                    "alerts_per_hour",
                ),
            ),
            Group("record", ("malware_handling.detailed_events",)),
        ),
    ),
    Service(
        "impersonation",
        Area.IMPERSONATION,
        "user-circle",
        (
            Group(
                "main",
                (
                    *_below("impersonation", *(each.value for each in Method), "own_domains"),
                    "impersonation.redirect_address",
                    "protected_names",
                ),
            ),
            Group("strangers", ("impersonation.approved",)),
        ),
    ),
    Service(
        "registration",
        Area.ADDRESSES,
        "at",
        (Group("main", ("address_registration", "plus_addresses", "address_patterns")),),
    ),
    Service("outbound", Area.ROUTES, "send", (Group("outgoing", ("outbound",)),)),
    Service("size", Area.ROUTES, "gauge", (Group("main", ("max_message_size", "strict_line_ends")),)),
    Service("banners", Area.DISCLAIMERS, "speakerphone", (Group("main", ("banners",)),)),
    Service(
        "disclaimers",
        Area.DISCLAIMERS,
        "file-text",
        (
            Group("incoming", ("disclaimers.inbound",)),
            Group("outgoing", ("disclaimers.outbound",)),
        ),
    ),
    Service("notices", Area.PEOPLE, "bell", (Group("main", ("administrators", "language")),)),
    Service(
        "quarantine",
        Area.QUARANTINE,
        "archive",
        (
            Group(
                "rights",
                _below(
                    "quarantine",
                    "end_users",
                    "spam",
                    "bulk",
                    "phishing",
                    "certain_phishing",
                    "impersonation",
                    "policy",
                    "unscannable",
                    "malware",
                ),
            ),
            Group("retention", ("quarantine.keep_days",)),
        ),
    ),
    Service("digest", Area.QUARANTINE, "mail", (Group("main", ("digest",)),)),
    Service("list_care", Area.LISTS, "list-check", (Group("main", ("list_care",)),)),
    Service("contract", Area.TENANTS, "clipboard-list", (Group("main", ("contract", "suspended")),)),
    Service("review", Area.PEOPLE, "users", (Group("main", ("review",)),)),
)


@cache
def services() -> tuple[Service, ...]:
    """Return every page of settings."""
    placed = {field.path[0] for service in _PLACED for field in service.fields}
    further = (
        Service(
            section.card.key, area_of(section.card.key), "settings", (Group("main", (section.card.key,)),)
        )
        for section in sections()
        if section.card.key not in placed and fields_below(section.card.key)
    )
    return (*_PLACED, *further)


def service_of(key: str) -> Service | None:
    """Return the page that shows the setting ``key``."""
    return next((each for each in services() if any(field.key == key for field in each.fields)), None)
