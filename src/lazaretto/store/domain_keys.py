"""A domain's signing keys, for those who may change where its mail goes: made, turned over, removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.delivery.domain_keys import KEEP_RECORD, Checked, DomainKeys, Published, check, may_be_removed
from lazaretto.detect.authentication.signing import Algorithm
from lazaretto.spool.signing_keys import KeyState, StoredKey
from lazaretto.store import drafts, tenancy
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """What became of keys: those that sign from now on, those that do not any more, those that are new."""

    begun: Sequence[StoredKey]
    retired: Sequence[StoredKey]
    made: Sequence[StoredKey]


def keys(scope: Scope, domain: str) -> list[Checked]:
    """Return the keys of one of the tenant's domains, oldest first, with what the DNS says of each."""
    scope.demand(Area.ROUTES, Right.VIEW_CONFIGURATION)
    _demand_domain(scope, domain)
    path = mail_path()
    found = [key for key in path.wait(path.signing_keys(scope.of_tenant)) if key.domain == domain]
    kept = [key for key in found if key.state is not KeyState.REMOVED]
    return path.wait(check(kept, path.resolver()))


def add(scope: Scope, domain: str, algorithm: Algorithm) -> StoredKey:
    """Make a key that signs once it is published and turned to.

    Raises ``ConfigurationError`` where one of this algorithm waits already.
    """
    path = mail_path()
    its_keys = _keys_of(scope, domain)
    with ordered(scope, "dkim.add", domain, after={"algorithm": algorithm.value}):
        return path.wait(its_keys.add(algorithm, _now()))


def turn_over(scope: Scope, domain: str) -> Turned:
    """Let the waiting keys sign, once the DNS has their records; the next ones are made.

    Raises ``ConfigurationError``, and changes nothing, where a record is not there yet.
    """
    path = mail_path()
    its_keys = _keys_of(scope, domain)
    with ordered(scope, "dkim.rotate", domain):
        begun, retired, made = path.wait(its_keys.turn_over(path.resolver(), _now()))
    return Turned(begun=begun, retired=retired, made=made)


def remove(scope: Scope, domain: str, selector: str) -> StoredKey:
    """Destroy a private key that signs nothing any more, and whose last mail has arrived.

    Raises ``ScopeError`` where there is no such key, ``ConfigurationError`` where it is too early.
    """
    path = mail_path()
    its_keys = _keys_of(scope, domain)
    key = next((each for each in path.wait(its_keys.keys()) if each.selector == selector), None)
    if key is None:
        raise ScopeError("there is no such key")
    if key.state is not KeyState.WAITING and not may_be_removed(key, _now()):
        raise ConfigurationError(f"{selector} may still be needed by mail that is on its way")
    with ordered(scope, "dkim.remove", f"{selector} of {domain}"):
        return path.wait(its_keys.remove(selector, _now()))


def goes_at(key: StoredKey) -> datetime | None:
    """Return from when on a key may be removed; None where it is still in use."""
    if key.state is KeyState.WAITING:
        return key.created_at
    return key.changed_at + KEEP_RECORD if key.state is KeyState.RETIRED else None


def is_ready(found: Sequence[Checked]) -> bool:
    """Tell whether a key waits, and the DNS has the record of each that does."""
    waiting = [each for each in found if each.key.state is KeyState.WAITING]
    return bool(waiting) and all(each.published is Published.YES for each in waiting)


def _keys_of(scope: Scope, domain: str) -> DomainKeys:
    scope.demand(Area.ROUTES, Right.EDIT)
    _demand_domain(scope, domain)
    path = mail_path()
    return path.wait(path.domain_keys(scope.of_tenant, domain))


def _demand_domain(scope: Scope, domain: str) -> None:
    document = drafts.parsed(tenancy.whole(scope).text)
    if domain not in document.domains or not scope.domains.reach(domain):
        raise ScopeError("there is no such domain")


def _now() -> datetime:
    return datetime.now(UTC)
