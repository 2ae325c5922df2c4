"""Which settings hold for whom, and where each of them comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lazaretto.core.address import domain_of, fold
from lazaretto.core.errors import ConfigurationError
from lazaretto.tenants.document import TenantDocument, baseline
from lazaretto.tenants.levelling import Origin, document_at, origins_of_domain, origins_of_groups
from lazaretto.tenants.levels import said
from lazaretto.tenants.sections import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting as it holds."""

    path: str
    """``antispam.spam``."""
    value: Any
    """As in a document."""
    origin: str
    """``default``, ``profile strict``, ``global``, ``domain customer.example``, ``group directors``."""


def shown(
    document: TenantDocument, *, domain: str = "", group: str = "", address: str = ""
) -> Iterator[Shown]:
    """Yield every setting as it holds for the tenant, a domain, a group or one address.

    Raises ``ConfigurationError`` when there is no such domain or group.
    """
    origins = _origins(document, domain, group, address)
    usual = baseline(document.profile)
    plainest = baseline(type(document.profile).ANNEX_1)
    sources = {path: origin.name for origin in origins for path, _ in said(origin.overlay)}
    merged = document_at(document, origins)
    for path, field_value in _leaves(merged):
        own, profile, default = (_at(each, path) for each in (document, usual, plainest))
        origin = sources.get(path)
        if origin is None and own != profile:
            origin = "global"
        if origin is None and profile != default:
            origin = f"profile {document.profile.value}"
        yield Shown(path=".".join(path), value=field_value, origin=origin or "default")


def _origins(document: TenantDocument, domain: str, group: str, address: str) -> Sequence[Origin]:
    if domain and domain not in document.domains:
        raise ConfigurationError(
            f'there is no domain "{domain}"; it has {", ".join(document.domains) or "none"}'
        )
    if group and group not in document.groups:
        raise ConfigurationError(
            f'there is no group "{group}"; it has {", ".join(document.groups) or "none"}'
        )
    if group:
        return (Origin(name=f"group {group}", overlay=document.groups[group].settings),)
    if address:
        aliases = {fold(alias): fold(mailbox) for alias, mailbox in document.aliases.items()}
        mailbox = aliases.get(fold(address), fold(address))
        return (*origins_of_domain(document, domain_of(mailbox)), *origins_of_groups(document, mailbox))
    return origins_of_domain(document, domain) if domain else ()


def _leaves(section: Section, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    dumped: dict[str, Any] | None = None
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _leaves(value, (*path, name))
            continue
        if dumped is None:
            dumped = section.model_dump(mode="json")
        yield (*path, name), dumped[name]


def _at(section: Section, path: tuple[str, ...]) -> Any:
    value: Any = section
    for step in path:
        value = getattr(value, step)
    return value
