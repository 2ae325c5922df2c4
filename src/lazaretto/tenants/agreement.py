"""What sections of a document must agree on, which no section can see by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lazaretto.core.impersonators import Method, unknown_methods
from lazaretto.tenants.choices import MailAction
from lazaretto.tenants.levels import Overlay, over, said
from lazaretto.tenants.partners import outsiders
from lazaretto.tenants.service_registry import sections

if TYPE_CHECKING:
    from lazaretto.tenants.document import TenantDocument

Path = tuple[str, ...]


def disagreements(document: TenantDocument) -> Iterator[tuple[Path, str]]:
    """Yield the place and the sentence of each setting that cannot work with the others."""
    own = list(_in(document))
    yield from own
    for place, overlay in _levels(document):
        at_level = over(document, (overlay,))
        given = {path[:2] for path, _ in said(overlay)}
        for path, problem in _in(at_level):
            if path[:2] in given and (path, problem) not in own:
                yield (*place, *path), f"{'.'.join(place)}.{problem}"


def _levels(document: TenantDocument) -> Iterator[tuple[Path, Overlay]]:
    for domain, known in document.domains.items():
        yield ("domains", domain, "settings"), known.settings
    for name, group in document.groups.items():
        yield ("groups", name, "settings"), group.settings


def _in(document: TenantDocument) -> Iterator[tuple[Path, str]]:
    for service in sections():
        yield from service.of(document).disagreements(document)
    antispam, impersonation = document.antispam, document.impersonation
    for name, section, owner, address in (
        ("antispam", antispam, "antispam", antispam.redirect_address),
        ("antimalware", document.antimalware, "antispam", antispam.redirect_address),
        ("outbound", document.outbound, "antispam", antispam.redirect_address),
        ("impersonation", impersonation, "impersonation", impersonation.redirect_address),
    ):
        for key, choice in section:
            if choice is MailAction.BULK_ADDRESS and antispam.bulk_address is None:
                problem = f"{name}.{key}: nobody is named who gets bulk mail"
                yield (name, key), f"{problem}; add bulk_address to antispam"
            if choice is MailAction.REDIRECT and address is None:
                problem = f"{name}.{key}: nobody is named who gets redirected mail"
                yield (name, key), f"{problem}; add redirect_address to {owner}"
    for domain, partner in document.tls_partners.items():
        for other in outsiders(domain, partner):
            problem = f"tls_partners.{domain}.excluded: {other} is no sub-domain of {domain}"
            yield ("tls_partners", domain, "excluded"), f"{problem}; remove it"
    for option in unknown_methods(document.options):
        problem = f"options: {option} approves for no method; known are {', '.join(Method)}"
        yield ("options", option), f"{problem}; write it in impersonation.approved"
    yield from _about_routes(document)


def _about_routes(document: TenantDocument) -> Iterator[tuple[Path, str]]:
    for domain, its in document.domains.items():
        if its.routes and its.route:
            problem = f"domains.{domain}: there are routes and a named route; remove one of them"
            yield ("domains", domain, "route"), problem
        for key, name in (("route", its.route), ("fallback", its.fallback)):
            if name is not None and name not in document.routes:
                problem = f"domains.{domain}.{key}: there is no route {name}; add it to routes"
                yield ("domains", domain, key), problem
    for name, hosts in document.routes.items():
        if not hosts:
            yield ("routes", name), f"routes.{name}: it has no server; add one or remove the route"
