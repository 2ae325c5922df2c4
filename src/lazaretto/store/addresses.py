"""The validation list of a tenant: searched, uploaded, downloaded, and what mail taught of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from lazaretto.core.address import domain_of, fold
from lazaretto.core.errors import ConfigurationError
from lazaretto.store import reviews, tenancy
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.removals import demand_confirmed
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.sections import demand_change
from lazaretto.tenants.address_csv import Counts, Mode, laid_over, read_table, written_table
from lazaretto.tenants.document import TenantDocument, export_document
from lazaretto.tenants.learned import LearnedAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """What an upload did, or would do."""

    counts: Counts
    version: int
    """The version in force afterwards."""
    changed: bool
    proposal: int | None = None
    """The proposal that it became, where a second person must approve it."""


def addresses(scope: Scope, *, after: str = "", search: str = "", limit: int = 100) -> Sequence[str]:
    """Return registered addresses behind ``after`` that contain ``search``, in their order."""
    scope.demand(Area.ADDRESSES, Right.VIEW_CONFIGURATION)
    listed = [
        each for each in tenancy.document_in_force(scope)[1].addresses if scope.domains.reach(domain_of(each))
    ]
    start = bisect_right(listed, fold(after), key=fold) if after else 0
    wanted = search.strip().lower()
    found: list[str] = []
    for address in listed[start:]:
        if wanted in address.lower():
            found.append(address)
            if len(found) == limit:
                break
    return found


def upload(
    scope: Scope,
    text: str,
    mode: Mode,
    *,
    dry_run: bool = False,
    expected: int | None = None,
    confirmed: str | None = None,
) -> Uploaded:
    """Lay the addresses of a CSV over those that are registered; ``dry_run`` only counts.

    Raises ``WrongLines`` where a line cannot be used, ``UnconfirmedRemoval`` where many would go and
    ``confirmed`` (as in ``tenancy.publish``) is not the word for them; nothing is changed then.
    """
    scope.demand(Area.ADDRESSES, Right.EDIT)
    version, before = tenancy.document_in_force(scope)
    document, counts = laid_over(before, read_table(text, set(before.domains)), mode)
    if dry_run:
        demand_change(scope, before, document)
        return Uploaded(counts=counts, version=version, changed=False)
    note = f"addresses uploaded ({mode.value}): {counts.added} added, {counts.removed} removed"
    if confirmed is not None:
        demand_change(scope, before, document)
        demand_confirmed(before, document, confirmed)
    return _published(scope, before, document, counts, version if expected is None else expected, note)


def _published(
    scope: Scope,
    before: TenantDocument,
    document: TenantDocument,
    counts: Counts,
    expected: int,
    note: str,
) -> Uploaded:
    """Publish ``document``, or propose it where a second person must approve changes."""
    path = mail_path()
    state = path.wait(path.tenants.state_of(scope.tenant_name))
    if state is not None and state.needs_review and document != before:
        made = reviews.propose(scope, export_document(document), note=note)
        return Uploaded(counts=counts, version=state.version, changed=False, proposal=made.id)
    applied = tenancy.publish_document(scope, before, document, expected=expected, note=note)
    return Uploaded(counts=counts, version=applied.version, changed=applied.changed)


def download(scope: Scope) -> str:
    """Return the addresses, aliases and patterns as CSV."""
    scope.demand(Area.ADDRESSES, Right.VIEW_CONFIGURATION)
    scope.demand_all_domains()
    return written_table(tenancy.document_in_force(scope)[1])


def learned(scope: Scope, *, after: str = "", limit: int = 100) -> Sequence[LearnedAddress]:
    """Return addresses that outgoing mail taught and that are not registered, in their order."""
    scope.demand(Area.ADDRESSES, Right.VIEW_CONFIGURATION)
    scope.demand_all_domains()
    path = mail_path()
    known = _registered(tenancy.document_in_force(scope)[1])
    found: list[LearnedAddress] = []
    while len(found) < limit:
        page = path.wait(path.learned.of(scope.of_tenant, after=after, limit=1_000))
        found += [each for each in page if each.address not in known]
        if len(page) < 1_000:
            break
        after = page[-1].address
    return found[:limit]


def adopt(scope: Scope, wanted: Sequence[str]) -> Uploaded:
    """Register learned addresses; raises ``ConfigurationError`` where one was not learned."""
    scope.demand(Area.ADDRESSES, Right.EDIT)
    version, before = tenancy.document_in_force(scope)
    path = mail_path()
    folded = list(dict.fromkeys(map(fold, wanted)))
    unknown = [each for each in folded if not path.wait(path.learned.knows(scope.of_tenant, each))]
    if unknown:
        raise ConfigurationError(f"{unknown[0]} was not learned; upload it where it is right all the same")
    table = read_table("\n".join(folded), set(before.domains))
    document, counts = laid_over(before, table, Mode.MERGE)
    note = f"{counts.added} learned addresses registered"
    return _published(scope, before, document, counts, version, note)


def dismiss(scope: Scope, unwanted: Sequence[str]) -> int:
    """Forget learned addresses that are not right; return how many there were."""
    scope.demand(Area.ADDRESSES, Right.EDIT)
    scope.demand_all_domains()
    folded = sorted(set(map(fold, unwanted)))
    path = mail_path()
    with ordered(scope, "address.dismiss", scope.tenant_name, before=folded[:100]):
        return path.wait(path.learned.forget(scope.of_tenant, folded))


def as_json(counts: Counts) -> dict[str, int]:
    """Return ``counts`` as JSON values."""
    return asdict(counts)


def _registered(document: TenantDocument) -> set[str]:
    return set(map(fold, (*document.addresses, *document.aliases)))
