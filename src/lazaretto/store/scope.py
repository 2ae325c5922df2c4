"""Who may see and do what, and where: a permission is an area times a right, and nothing is implied.

A ``Scope`` is made once for each request, from the account's grants; queries and commands take it as
their first argument and ask it.  What lies outside is told as "not found", so that nobody learns that
it exists; what lies inside but is not permitted is told as such.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from lazaretto.core.errors import LazarettoError, ScopeError
from lazaretto.core.identity import TenantId


class Area(Enum):
    """A part of the service that people are given rights in."""

    ANTIMALWARE = "antimalware"
    ANTISPAM = "antispam"
    IMPERSONATION = "impersonation"
    TLS = "tls"
    ADDRESSES = "addresses"
    DISCLAIMERS = "disclaimers"
    ROUTES = "routes"
    LISTS = "lists"
    TRACE = "trace"
    QUARANTINE = "quarantine"
    QUEUE = "queue"
    REPORTING = "reporting"
    PEOPLE = "people"
    AUDIT = "audit"
    FEEDS = "feeds"
    TENANTS = "tenants"
    """Tenants as such: made, suspended, acted for; the operator's."""


class Right(Enum):
    """What somebody may do in an area."""

    VIEW_CONFIGURATION = "view-configuration"
    VIEW_STATISTICS = "view-statistics"
    """Figures and metadata: lists, traces, states; never what a message says."""
    EDIT = "edit"
    RELEASE = "release"
    VIEW_CONTENT = "view-content"
    """Subjects, evidence and previews: what a message says."""
    CREATE_ACCOUNTS = "create-accounts"
    CREATE_GROUPS = "create-groups"
    CREATE_ALIASES = "create-aliases"
    ACCESS_ACCOUNTS = "access-accounts"
    DELETE_ACCOUNTS = "delete-accounts"


class Permission(NamedTuple):
    """A right in an area."""

    area: Area
    right: Right

    @property
    def text(self) -> str:
        """``area:right``, as tokens and documentation write it."""
        return f"{self.area.value}:{self.right.value}"

    @classmethod
    def parse(cls, text: str) -> Permission:
        """Return what ``text`` means.  Raises ``ValueError`` when there is no such permission."""
        area, _, right = text.partition(":")
        return cls(Area(area), Right(right))


class Forbidden(LazarettoError):
    """Somebody asked for what is there and not permitted to them; the text names what is missing."""


@dataclass(frozen=True, slots=True)
class Domains:
    """Which of a tenant's domains a grant reaches."""

    named: frozenset[str] = frozenset()
    all_except: bool = True
    """``named`` are those left out; False = they are the only ones."""

    @property
    def is_all(self) -> bool:
        """Tell whether no domain is left out."""
        return self.all_except and not self.named

    def reach(self, domain: str) -> bool:
        """Tell whether ``domain`` is within."""
        return (domain.lower() in self.named) is not self.all_except


EVERYWHERE = Domains()


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """The one who asks, as the audit names them."""

    name: str
    client: str = ""
    on_behalf_of: str = ""
    account: str = ""
    """The address of the account; empty = there is none, and the name stands for itself."""

    @property
    def person(self) -> str:
        """Who it is, whatever they sign in with: two tokens do not make two people."""
        return (self.account or self.name).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one person may see and do in one tenant, or as the operator on the platform itself."""

    who: Who
    tenant: TenantId | None
    """None = the platform itself, for the operator's own pages."""
    tenant_name: str = ""
    domains: Domains = EVERYWHERE
    permissions: frozenset[Permission] = field(default_factory=frozenset)

    def allows(self, area: Area, right: Right) -> bool:
        """Tell whether the permission is there."""
        return Permission(area, right) in self.permissions

    def demand(self, area: Area, right: Right) -> None:
        """Raise ``Forbidden`` unless the permission is there."""
        if not self.allows(area, right):
            raise Forbidden(f"this needs the permission {Permission(area, right).text}")

    def demand_all_domains(self) -> None:
        """Raise ``Forbidden`` where only some domains are within: the act concerns all of them."""
        if not self.domains.is_all:
            raise Forbidden("this concerns all domains of the tenant, and your rights reach only some")

    @property
    def of_tenant(self) -> TenantId:
        """The tenant.  Raises ``ScopeError`` where there is none."""
        if self.tenant is None:
            raise ScopeError("there is no such tenant")
        return self.tenant


def permissions(area: Area, rights: Iterable[Right]) -> frozenset[Permission]:
    """Return the permissions of ``rights`` in ``area``."""
    return frozenset(Permission(area, right) for right in rights)
