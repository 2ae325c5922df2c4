"""What trace and lists show of a message: its summary, the facts, its files and where it is from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from lazaretto.core.address import domain_of
from lazaretto.core.decision import Summary
from lazaretto.core.facts import Facts
from lazaretto.detect.origins import Origins
from lazaretto.detect.reputation.newsletters import list_id_of
from lazaretto.mail.view import MessageView

if TYPE_CHECKING:
    # Its module opens every format there is; who only tells of a message needs none of them.
    from lazaretto.detect.malware.traits import SeenFile

MAX_SHOWN: Final = 250
"""Characters of a subject, an author or a file name that trace and lists keep."""
MAX_SHOWN_ATTACHMENTS: Final = 50
MAX_SHOWN_AUTHORS: Final = 5
MAX_SHOWN_HOSTS: Final = 50


def summary_of(view: MessageView) -> Summary:
    """Return what trace and quarantine lists show of the message."""
    return Summary(
        subject=_shown(view.subject),
        message_id=_shown(view.message_id),
        author=_shown(view.header.decoded("from")),
        attachments=tuple(
            _shown(part.names[0] if part.names else part.content_type)
            for part in view.attachments[:MAX_SHOWN_ATTACHMENTS]
        ),
    )


def _shown(text: str) -> str:
    text = text[:MAX_SHOWN]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return text.strip()


def facts_for_trace(facts: Facts, view: MessageView | None) -> dict[str, Any]:
    """Return the facts as JSON values."""
    told: dict[str, Any] = msgspec.to_builtins(
        {
            "spf": facts.spf,
            "dkim": facts.dkim,
            "dmarc": facts.dmarc,
            "arc": facts.arc,
            "hostname": facts.client.hostname,
            "listings": facts.listings,
            "reverse_path": facts.reverse_path,
            "client_ip": facts.client.ip,
            "authors": [str(each.address) for each in view.authors[:MAX_SHOWN_AUTHORS]] if view else [],
            "hosts": _hosts(view) if view else [],
            "list_id": list_id_of(view) if view else "",
        }
    )
    return told


def origin_for_trace(origins: Origins, view: MessageView, facts: Facts) -> dict[str, Any]:
    """Return the client's country and the age of the author's domain, where somebody has told."""
    author = domain_of(str(view.author.address)) if view.author else domain_of(facts.reverse_path)
    country, age = origins.country_of(facts.client.ip), origins.age_of(author, facts.received_at)
    return ({"country": country} if country else {}) | ({"domain_age": age} if age >= 0 else {})


def _hosts(view: MessageView) -> list[str]:
    hosts = dict.fromkeys(url.host for url in view.urls if url.host)
    return [_shown(host) for host in tuple(hosts)[:MAX_SHOWN_HOSTS]]


def files_for_trace(sums: Sequence[tuple[SeenFile, str]]) -> list[dict[str, Any]]:
    """Return names, sizes and digests of files, and of what is packed in them; ``sums`` are its traits'."""
    return [
        {
            "name": _shown(file.names[0] if file.names else ""),
            "size": len(file.octets),
            "sha256": sha256,
            "packed": file.is_member,
        }
        for file, sha256 in sums[:MAX_SHOWN_ATTACHMENTS]
    ]
