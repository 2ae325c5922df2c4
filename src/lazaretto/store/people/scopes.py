"""From an account, or a token of it, to the scope of one request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from lazaretto.core.errors import ScopeError
from lazaretto.core.identity import TenantId
from lazaretto.store.mailpath import mail_path
from lazaretto.store.people.models import Account, Grant, Token
from lazaretto.store.roles import ROLES, in_full_care
from lazaretto.store.scope import Domains, Permission, Scope, Who
from lazaretto.tenants.choices import Formula
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.services.contract import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """An account that proved who it is, by token or session."""

    account: Account
    token: Token | None = None
    client: str = ""

    @property
    def who(self) -> Who:
        """The name that the audit keeps."""
        named = f"{self.account.email} (token {self.token.name})" if self.token else self.account.email
        return Who(name=named, client=self.client)

    def on_platform(self) -> Scope:
        """Return the scope on the platform itself; it allows nothing unless somebody is an operator."""
        grant = self.account.grants.filter(tenant=None).first()
        given = _permissions_of(grant) if grant and self._token_reaches(None) else frozenset[Permission]()
        return Scope(who=self.who, tenant=None, permissions=self._cut(given))

    def in_tenant(self, name: str) -> Scope:
        """Return the scope in the tenant called ``name``.

        Raises ``ScopeError`` both where there is none and where nothing is granted in it.
        """
        tenant = mail_path().wait(mail_path().tenants.number_of(name))
        if tenant is None or not self._token_reaches(tenant):
            raise ScopeError("there is no such tenant")
        grants = list(self.account.grants.filter(tenant=tenant)) or list(
            self.account.grants.filter(tenant=None)
        )
        if not grants:
            raise ScopeError("there is no such tenant")
        given = _permissions_of(grants[0])
        if grants[0].tenant is not None and _is_full_care(name):
            given = in_full_care(given)
        return Scope(
            who=self.who,
            tenant=tenant,
            tenant_name=name,
            domains=_domains_of(grants[0]),
            permissions=self._cut(given),
        )

    def tenants(self) -> frozenset[TenantId] | None:
        """Return the tenants in which something is granted; None = in all of them."""
        granted = {grant.tenant for grant in self.account.grants.all()}
        if self.token is not None and self.token.tenant is not None:
            only = self.token.tenant
            return frozenset({TenantId(only)}) if granted & {only, None} else frozenset()
        return None if None in granted else frozenset(TenantId(each) for each in granted if each is not None)

    def _token_reaches(self, tenant: TenantId | None) -> bool:
        return self.token is None or self.token.tenant is None or self.token.tenant == tenant

    def _cut(self, given: frozenset[Permission]) -> frozenset[Permission]:
        if self.token is None or self.token.permissions is None:
            return given
        return given & parsed(self.token.permissions)


def _is_full_care(name: str) -> bool:
    path = mail_path()
    version = path.wait(path.tenants.version_in_force(name))
    return version is not None and _formula_of(name, version) is Formula.FULL_CARE


# A version never changes, so that only the first request after a change reads the document.
@lru_cache(maxsize=10_000)
def _formula_of(name: str, version: int) -> Formula:
    path = mail_path()
    text = path.wait(path.tenants.version_text(name, version))
    return Formula.REACTIVE if text is None else Contract.of(parse_document(text, name)).formula


def parsed(texts: Iterable[str]) -> frozenset[Permission]:
    """Return the permissions that ``texts`` name; what this version does not know allows nothing."""
    known = set()
    for text in texts:
        try:
            known.add(Permission.parse(text))
        except ValueError:
            continue
    return frozenset(known)


def _permissions_of(grant: Grant) -> frozenset[Permission]:
    role = ROLES.get(grant.role)
    of_role = role.permissions if role else frozenset[Permission]()
    return of_role | parsed(grant.permissions)


def _domains_of(grant: Grant) -> Domains:
    return Domains(frozenset(grant.domains), all_except=grant.domains_are_excepted)
