"""Turning what was gathered into facts: no network, no clock; the same again gives the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lazaretto.core.facts import DnsAnswer, Facts, Gathered
from lazaretto.detect.authentication import arc, dkim, dmarc
from lazaretto.detect.authentication.author import Author, author_of
from lazaretto.detect.authentication.canonical import BodyDigests
from lazaretto.detect.authentication.fields import RawMessage

if TYPE_CHECKING:
    from lazaretto.mail.view import MessageView


def authenticate(
    view: MessageView, gathered: Gathered, reverse_path: str, recipients: Sequence[str]
) -> Facts:
    """Return the facts about a message; signatures are judged at the time of its receipt."""
    message = RawMessage(view.octets)
    digests = BodyDigests(message)
    answers = gathered.dns

    def key_at(name: str) -> DnsAnswer | None:
        return answers.get(f"TXT {name}")

    signatures = dkim.verify_all(message, key_at, gathered.received_at, digests)
    author = _agreed(author_of(message.fields), view)
    return Facts(
        received_at=gathered.received_at,
        client=gathered.client,
        reverse_path=reverse_path,
        recipients=tuple(recipients),
        spf=gathered.spf,
        dkim=signatures,
        dmarc=dmarc.evaluate(author, gathered.spf, signatures, answers),
        arc=arc.validate(message, key_at, digests),
        listings=gathered.listings,
        engines=gathered.engines,
        leaving=gathered.leaving,
        acquaintances=gathered.acquaintances,
        colleagues=gathered.colleagues,
    )


def _agreed(author: Author, view: MessageView) -> Author:
    """Return ``author`` unless the view, which detectors go by, shows another one."""
    shown = {mailbox.address.domain for mailbox in view.authors if mailbox.address.domain}
    if author.problem or shown == {author.domain}:
        return author
    return Author(problem="readers disagree on the author", candidates=author.candidates)
