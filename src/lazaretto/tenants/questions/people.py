"""Questions about groups, aliases and patterns: is everybody meant who should be, and nobody else?"""

from __future__ import annotations

from collections.abc import Iterator

from lazaretto.core.address import domain_of, fold
from lazaretto.core.snapshot import AddressRegistration
from lazaretto.tenants.levels import Overlay, said, says_something
from lazaretto.tenants.questions.checked import Checked
from lazaretto.tenants.remarks import Remark


def groups(checked: Checked) -> Iterator[Remark]:
    """Does a group hold people, and do its settings mean something?"""
    document = checked.document
    known = set(map(fold, document.addresses))
    enforcing = document.address_registration is AddressRegistration.ENFORCE
    for name, group in document.groups.items():
        path = ("groups", name)
        if not group.members and says_something(group.settings):
            yield checked.remark(path, f'the group "{name}" has settings and no members; add members')
        if group.members and not says_something(group.settings):
            problem = f'the group "{name}" has no settings of its own, so it changes nothing; add settings'
            yield checked.remark(path, problem)
        for number, member in enumerate(checked.texts("groups", name, "members")):
            if enforcing and checked.is_own(member) and fold(member) not in known:
                problem = f"{member} is not registered, so no mail reaches this member; add it to addresses"
                yield checked.remark(("groups", name, "members", number), problem)
            elif not checked.is_own(member):
                problem = f"{member} is in none of the tenant's domains; remove it"
                yield checked.remark(("groups", name, "members", number), problem)


def rival_groups(checked: Checked) -> Iterator[Remark]:
    """Do two groups of the same order want different things for the same people?"""
    document = checked.document
    speaking = [(name, group) for name, group in document.groups.items() if says_something(group.settings)]
    for number, (name, group) in enumerate(speaking):
        wishes, members = dict(said(group.settings)), set(map(fold, group.members))
        for other_name, other in speaking[number + 1 :]:
            if other.order != group.order or members.isdisjoint(map(fold, other.members)):
                continue
            rival = next(
                (path for path, value in said(other.settings) if wishes.get(path, value) != value), None
            )
            if rival is not None:
                problem = (
                    f'"{name}" and "{other_name}" share members and differ in {".".join(rival)}; '
                    f"give them different orders"
                )
                yield checked.remark(("groups", other_name), problem)


def idle_levels(checked: Checked) -> Iterator[Remark]:
    """Does a domain or group say only what holds anyway?"""
    document = checked.document
    levels: list[tuple[tuple[str, str], Overlay]] = []
    levels += [(("domains", name), each.settings) for name, each in document.domains.items()]
    levels += [(("groups", name), each.settings) for name, each in document.groups.items()]
    for place, overlay in levels:
        wishes = list(said(overlay))
        if wishes and all(_at(document, path) == value for path, value in wishes):
            problem = f"the settings of {place[1]} are those of the tenant anyway; remove them"
            yield checked.remark((*place, "settings"), problem)


def aliases(checked: Checked) -> Iterator[Remark]:
    """Does an alias lead to a mailbox, and mean one thing?"""
    document = checked.document
    known = set(map(fold, document.addresses))
    for alias, mailbox in document.aliases.items():
        if fold(mailbox) not in known:
            problem = f"{mailbox}, to which {alias} belongs, is not registered; add it to addresses"
            yield checked.remark(("aliases", alias), problem)
        if fold(alias) in known:
            problem = f"{alias} is registered as a mailbox, too; remove one of both"
            yield checked.remark(("aliases", alias), problem)
        if domain_of(alias) not in document.domains:
            problem = f"{alias} is in none of the tenant's domains, so it has no effect; remove it"
            yield checked.remark(("aliases", alias), problem)


def patterns(checked: Checked) -> Iterator[Remark]:
    """Does a pattern let in more than is meant, or nothing?"""
    document = checked.document
    for number, pattern in enumerate(checked.texts("address_patterns")):
        local, _, domain = pattern.lower().rpartition("@")
        if domain not in document.domains:
            problem = f"{pattern} is in none of the tenant's domains, so it has no effect; remove it"
            yield checked.remark(("address_patterns", number), problem)
        elif local == "*" and document.address_registration is AddressRegistration.ENFORCE:
            problem = f"every address at {domain} exists by {pattern}, so nothing is refused there; narrow it"
            yield checked.remark(("address_patterns", number), problem)


def _at(document: object, path: tuple[str, ...]) -> object:
    value = document
    for step in path:
        value = getattr(value, step)
    return value
