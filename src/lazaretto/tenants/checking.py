"""What is wrong with a document, or allowed and probably not meant: ``lazaretto tenant check``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from lazaretto.tenants.document import document_in
from lazaretto.tenants.questions import people, receiving, rules, senders, services, settings
from lazaretto.tenants.questions.checked import Checked
from lazaretto.tenants.remarks import DocumentError, Remark
from lazaretto.tenants.service_registry import sections
from lazaretto.tenants.yaml_reading import read_yaml

QUESTIONS: Final[tuple[Callable[[Checked], Iterator[Remark]], ...]] = (
    receiving.domains,
    receiving.routes,
    receiving.addresses,
    receiving.administrators,
    senders.approvals,
    senders.impersonators,
    senders.wide_networks,
    senders.proofs,
    senders.ended_entries,
    senders.contradictions,
    senders.duplicates,
    services.quarantine,
    services.service_levels,
    services.protected_names,
    rules.rules,
    people.groups,
    people.rival_groups,
    people.idle_levels,
    people.aliases,
    people.patterns,
    settings.limits,
    settings.destinations,
    settings.partners,
    settings.notices,
    settings.trials,
)


def check(text: str, name: str, day: date) -> tuple[Remark, ...]:
    """Return every error of the document in ``text``, or every warning when there is no error.

    ``day`` is today: entries that ended before it are told.  Remarks are in the order of lines.
    """
    try:
        tree = read_yaml(text, name)
        checked = Checked(document_in(tree, name), tree, day)
    except DocumentError as failure:
        return failure.remarks
    remarks = [remark for question in QUESTIONS for remark in question(checked)]
    remarks += [each for section in sections() for each in section.of(checked.document).remarks(checked)]
    return tuple(sorted(remarks, key=lambda each: (each.line, each.column, each.text)))
