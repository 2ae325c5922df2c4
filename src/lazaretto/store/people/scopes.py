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
from lazaretto.store.scope import EVERYWHERE, Domains, Permission, Scope, Who
from lazaretto.tenants.choices import Formula
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.services.contract import Contract
from lazaretto.tenants.store import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """In which tenants something is granted."""

    numbers: frozenset[TenantId]
    resellers: frozenset[str]
    """In every tenant that these sold."""
    everything: bool = False
    only: TenantId | None = None
    """Only in this one, whatever else is granted."""

    def includes(self, tenant: TenantId, reseller: str) -> bool:
        """Tell whether something is granted in ``tenant``, which ``reseller`` sold (empty = the operator)."""
        if self.only is not None and tenant != self.only:
            return False
        return self.everything or tenant in self.numbers or (reseller in self.resellers and reseller != "")


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
        return Who(name=named, client=self.client, account=self.account.email)

    def on_platform(self) -> Scope:
        """Return the scope on the platform itself; it allows nothing unless somebody is an operator."""
        grant = self.account.grants.filter(tenant=None).first()
        given = _permissions_of(grant) if grant and self._token_reaches(None) else frozenset[Permission]()
        return Scope(who=self.who, tenant=None, permissions=self._cut(given))

    def in_tenant(self, name: str) -> Scope:
        """Return the scope in the tenant called ``name``.

        Raises ``ScopeError`` both where there is none and where nothing is granted in it.
        """
        state = mail_path().wait(mail_path().tenants.state_of(name))
        if state is None or not self._token_reaches(state.tenant):
            raise ScopeError("there is no such tenant")
        given, domains = self._given_in(name, state)
        return Scope(
            who=self.who,
            tenant=state.tenant,
            tenant_name=name,
            domains=domains,
            permissions=self._cut(given),
        )

    def _given_in(self, name: str, state: State) -> tuple[frozenset[Permission], Domains]:
        """Return what is granted in a tenant: there itself, else to its reseller, else to the operator."""
        own = self.account.grants.filter(tenant=state.tenant).first()
        if own is not None:
            given = _permissions_of(own)
            contract = _contract_of(name, state.version)
            if contract.formula is Formula.FULL_CARE:
                given = in_full_care(given, limited_rights=contract.limited_rights)
            return given, _domains_of(own)
        sold = (
            self.account.reseller_grants.filter(reseller=state.reseller).first() if state.reseller else None
        )
        if sold is not None:
            role = ROLES.get(sold.role)
            return (role.permissions if role else frozenset()), EVERYWHERE
        operators = self.account.grants.filter(tenant=None).first()
        if operators is None:
            raise ScopeError("there is no such tenant")
        return _permissions_of(operators), _domains_of(operators)

    def tenants(self) -> Reached | None:
        """Return the tenants in which something is granted; None = in all of them."""
        only = None if self.token is None else self.token.tenant
        granted = {grant.tenant for grant in self.account.grants.all()}
        if None in granted and only is None:
            return None
        return Reached(
            numbers=frozenset(TenantId(each) for each in granted if each is not None),
            resellers=frozenset(each.reseller for each in self.account.reseller_grants.all()),
            everything=None in granted,
            only=None if only is None else TenantId(only),
        )

    def _token_reaches(self, tenant: TenantId | None) -> bool:
        return self.token is None or self.token.tenant is None or self.token.tenant == tenant

    def _cut(self, given: frozenset[Permission]) -> frozenset[Permission]:
        if self.token is None or self.token.permissions is None:
            return given
        return given & parsed(self.token.permissions)


# A version never changes, so that only the first request after a change reads the document.
@lru_cache(maxsize=10_000)
def _contract_of(name: str, version: int) -> Contract:
    path = mail_path()
    text = path.wait(path.tenants.version_text(name, version))
    return Contract() if text is None else Contract.of(parse_document(text, name))


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
