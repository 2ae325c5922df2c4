"""What end users set for themselves: senders, digests, further addresses, and who else reads their mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final
from uuid import UUID

from lazaretto.core.address import domain_of, fold
from lazaretto.core.end_users import EndUserRight
from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.store import own_mail
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.people.endusers import EndUser
from lazaretto.store.scope import Forbidden, Scope
from lazaretto.tenants.document import TenantDocument, export_document, parse_document
from lazaretto.tenants.mailboxes import Access, MailboxChoices, Reading
from lazaretto.tenants.sections import PersonalLists, SenderEntry
from lazaretto.tenants.store import OutdatedVersion

_TRIES: Final = 5
MOST_ENTRIES: Final = 1_000


class ListName(Enum):
    """One of the two lists that everybody has."""

    APPROVED = "approved"
    BLOCKED = "blocked"


_RIGHTS: Final[Mapping[ListName, EndUserRight]] = {
    ListName.APPROVED: EndUserRight.ALLOW_SENDER,
    ListName.BLOCKED: EndUserRight.BLOCK_SENDER,
}


@dataclass(frozen=True, slots=True)
class OwnSender:
    """An entry of somebody's own lists."""

    list: ListName
    entry: str


def senders(user: EndUser) -> list[OwnSender]:
    """Return whom ``user`` approved and blocked, in order."""
    path = mail_path()
    snapshot = path.wait(path.snapshot_of(user.tenant))
    lists = snapshot.personal.get(snapshot.mailbox_of(user.address))
    if lists is None:
        return []
    by_name = {ListName.APPROVED: lists.approved, ListName.BLOCKED: lists.blocked}
    return [
        OwnSender(name, entry)
        for name, entries in by_name.items()
        for entry in sorted(entries.addresses | entries.domains)
    ]


def put_on_list(user: EndUser, identity: UUID, name: ListName) -> str:
    """Approve or block the author of a copy for the mailbox in which it rests; return whom.

    An approval never lets malware or phishing through, whoever gives it.
    """
    copy = own_mail.copy(user, identity)
    if not copy.may(_RIGHTS[name]):
        raise Forbidden(f"this needs the right {_RIGHTS[name].value}, which your organisation does not give")
    sender = copy.author or copy.sender
    if not sender:
        raise ConfigurationError("this message names no sender")
    _change(user, copy.mailbox, name, add=sender)
    return sender


def add_sender(user: EndUser, name: ListName, entry: str) -> None:
    """Approve or block ``entry``, an address or a domain, for the user's own mailbox."""
    if not may_list(user, name):
        raise Forbidden("your organisation keeps this list itself")
    _change(user, user.address, name, add=entry)


def remove_sender(user: EndUser, name: ListName, entry: str) -> None:
    """Take ``entry`` off a list of the user's own."""
    _change(user, user.address, name, remove=entry)


def may_list(user: EndUser, name: ListName) -> bool:
    """Tell whether ``user`` may put senders on a list: some reason gives the right."""
    path = mail_path()
    snapshot = path.wait(path.snapshot_of(user.tenant))
    rights = snapshot.end_users_of(user.address).rights
    return any(_RIGHTS[name] in each for each in rights.values())


def choices(user: EndUser) -> MailboxChoices:
    """Return what ``user`` chose about digests."""
    path = mail_path()
    return path.wait(path.mailboxes.choices(user.tenant, _own(user)))


def choose(user: EndUser, chosen: MailboxChoices) -> None:
    """Note what ``user`` chose about digests."""
    path = mail_path()
    with ordered(_scope(user), "mailbox.choose", _own(user), after={"digest": chosen.digest.value}):
        path.wait(path.mailboxes.choose(user.tenant, _own(user), chosen))


def read_besides(user: EndUser) -> list[Access]:
    """Return what ``user`` reads besides their own mailbox, unconfirmed addresses as well."""
    path = mail_path()
    return path.wait(path.mailboxes.read_by(user.tenant, _own(user)))


def readers(user: EndUser) -> list[Access]:
    """Return who reads the user's own mailbox besides them."""
    path = mail_path()
    return path.wait(path.mailboxes.readers_of(user.tenant, _own(user)))


def claim_address(user: EndUser, address: str) -> None:
    """Begin to make ``address`` a further one of the user's: it counts once a mailed link is confirmed.

    Whoever reads mail at ``address`` gets that link (``run.clock.writing_to_people``), and nobody else.
    """
    claimed = _own_address(user, address)
    if claimed == _own(user):
        raise ConfigurationError("this is your own address already")
    path = mail_path()
    with ordered(_scope(user), "mailbox.claim", claimed):
        path.wait(
            path.mailboxes.let_read(
                user.tenant,
                claimed,
                _own(user),
                Reading.ADDRESS,
                by=user.who.name,
                now=datetime.now(UTC),
            )
        )


def let_read(user: EndUser, reader: str) -> None:
    """Let a colleague read and act in the user's own quarantine."""
    colleague = _own_address(user, reader)
    if colleague == _own(user):
        raise ConfigurationError("this is your own address already")
    path = mail_path()
    with ordered(_scope(user), "mailbox.delegate", _own(user), after={"reader": colleague}):
        path.wait(
            path.mailboxes.let_read(
                user.tenant,
                _own(user),
                colleague,
                Reading.DELEGATE,
                by=user.who.name,
                now=datetime.now(UTC),
            )
        )


def end_reading(user: EndUser, mailbox: str, reader: str) -> None:
    """End what ``user`` reads besides, or that somebody reads their own mailbox."""
    if _own(user) not in (fold(mailbox), fold(reader)):
        raise ScopeError("there is no such reader")
    path = mail_path()
    with ordered(_scope(user), "mailbox.end-reading", fold(mailbox), after={"reader": fold(reader)}):
        if not path.wait(path.mailboxes.end_reading(user.tenant, mailbox, reader)):
            raise ScopeError("there is no such reader")


def _own(user: EndUser) -> str:
    path = mail_path()
    return path.wait(path.snapshot_of(user.tenant)).mailbox_of(user.address)


def _own_address(user: EndUser, address: str) -> str:
    """Return the mailbox of ``address``, which must be one of the user's organisation."""
    path = mail_path()
    snapshot = path.wait(path.snapshot_of(user.tenant))
    if domain_of(address) not in snapshot.domains or not snapshot.accepts(address):
        raise ConfigurationError("there is no such address in your organisation")
    return snapshot.mailbox_of(address)


def _change(user: EndUser, mailbox: str, name: ListName, *, add: str = "", remove: str = "") -> None:
    """Publish the tenant's document with a list of ``mailbox`` changed; the others' changes stay."""
    path = mail_path()
    with ordered(_scope(user), f"senders.{name.value}", mailbox, before=remove or None, after=add or None):
        for _ in range(_TRIES):
            version = path.wait(path.tenants.version_in_force(user.tenant_name))
            document = parse_document(path.wait(path.tenants.export(user.tenant_name)), user.tenant_name)
            changed = _with_entry(document, mailbox, name, add, remove)
            try:
                applied = path.wait(
                    path.tenants.apply(
                        export_document(changed),
                        by=user.who.name,
                        note=f"own senders of {mailbox}",
                        expected=version,
                        # A person's own senders are nobody else's to review.
                        reviewed=True,
                    )
                )
            except OutdatedVersion:
                continue
            path.wait(path.tenants.wait_until_in_force(applied.publication))
            return
        raise ConfigurationError("too much is being changed at once; try again in a minute")


def _with_entry(
    document: TenantDocument, mailbox: str, name: ListName, add: str, remove: str
) -> TenantDocument:
    known = {fold(address): address for address in document.personal_lists}
    key = known.get(fold(mailbox), mailbox)
    lists = document.personal_lists.get(key, PersonalLists())
    entries = [each for each in getattr(lists, name.value) if each.entry not in (remove, fold(remove))]
    others = {each: getattr(lists, each) for each in ("approved", "blocked")}
    if add:
        try:
            entry = SenderEntry(entry=add, owner=mailbox)
        except ValueError as failure:
            raise ConfigurationError(f"{add} is neither a mail address nor a domain") from failure
        entries = [each for each in entries if each.entry != entry.entry] + [entry]
        other = "blocked" if name is ListName.APPROVED else "approved"
        # The later word counts: nobody is on both lists.
        others[other] = tuple(each for each in others[other] if each.entry != entry.entry)
        if len(entries) > MOST_ENTRIES:
            raise ConfigurationError(f"a list has at most {MOST_ENTRIES} entries; remove some first")
    others[name.value] = tuple(entries)
    changed = dict(document.personal_lists) | {key: PersonalLists(**others)}
    return document.model_copy(update={"personal_lists": changed})


def _scope(user: EndUser) -> Scope:
    return Scope(who=user.who, tenant=user.tenant, tenant_name=user.tenant_name)
