"""The malware event of mail that was delivered before it was known: what was told of it then, and why now.

What nothing is kept of is empty, null or -1 in it, which means unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from lazaretto.core.address import domain_of
from lazaretto.core.envelope import TlsRecord
from lazaretto.core.events import Event, EventKind
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.indicators import IndicatorKind
from lazaretto.core.malware_event import (
    UNKNOWN_AGE,
    AddressContext,
    CopyFate,
    FileOrLink,
    Incident,
    MaliciousFileOrLink,
    MalwareEvent,
    Ours,
    SeenMail,
    TlsInfo,
)
from lazaretto.journal.late_matching import KeptStory, LateMatch
from lazaretto.spool.malware_telling import authentication_of, tls_of

MOST_ADDRESSES: Final = 50
_DONE: Final = "deliver"


def late_event(match: LateMatch, story: KeptStory, now: datetime) -> Event:
    """Return the event that ``match`` was delivered and is malware; ``story`` is what is kept of it."""
    facts = story.look.get("facts") or {}
    client = story.received.get("client") or {}
    nodes = tuple(_nodes(facts))
    event = MalwareEvent(
        x_msg_ref=str(match.message),
        long_msg_ref=f"{match.message}/{match.tenant}",
        message_id=match.message_id,
        is_outbound=match.direction == "outbound",
        message_size=match.size,
        mail_processing_start_time=match.received_at.isoformat(),
        subject=match.subject,
        env_from=match.sender,
        env_to=match.recipients,
        header_from=str(story.look.get("author") or ""),
        sender_ip=match.client_ip,
        sender_mailserver=str(client.get("hostname") or ""),
        country=str(facts.get("country") or ""),
        helo_string=str(client.get("helo") or ""),
        auth_results=authentication_of(facts, SeenMail(), _DONE),
        files_and_links=nodes,
        tls_info=_tls(client),
        new_domain_age=int(facts.get("domain_age", UNKNOWN_AGE)),
        incidents=(_incident(match, nodes),),
        lazaretto=_ours(match, story),
    )
    return Event(
        kind=EventKind.CONVICTED,
        at=now,
        tenant=TenantId(match.tenant),
        message=MessageId(match.message),
        recipients=match.recipients,
        details=event.as_json(),
    )


def _ours(match: LateMatch, story: KeptStory) -> Ours:
    return Ours(
        tenant=match.tenant,
        direction=match.direction,
        received_at=match.received_at.isoformat(),
        late=True,
        cause=match.trait.cause,
        verdict="malware",
        configuration=str(story.look.get("version") or ""),
        copies=(CopyFate(recipients=match.recipients, disposition=_DONE, place="delivered"),),
        size=match.size,
        reply=str(story.received.get("reply") or ""),
        remediation="none",
    )


def _incident(match: LateMatch, nodes: tuple[FileOrLink, ...]) -> Incident:
    kind, cause = match.trait.kind, match.trait.cause
    sender = AddressContext(name=match.sender, domain=domain_of(match.sender), is_sender=True)
    receivers = [
        AddressContext(name=each, domain=domain_of(each), is_sender=False)
        for each in match.recipients[:MOST_ADDRESSES]
    ]
    return Incident(
        x_msg_ref=str(match.message),
        address_contexts=(sender, *receivers),
        severity="high",
        security_service="antimalware",
        detection_method=f"late:{kind.value}",
        verdict="malware",
        action=_DONE,
        reason=f"{cause}: {match.trait.value}"[:500],
        dmas_info=(cause,),
        dmas_delivered=True,
        files_and_links=_convicted(match, nodes),
    )


def _nodes(facts: Mapping[str, Any]) -> Iterator[FileOrLink]:
    """Yield the files and, of web addresses, the hosts that the trace has."""
    files, hosts = facts.get("files") or (), facts.get("hosts") or ()
    for number, each in enumerate(files):
        yield FileOrLink(
            node_type="FILE_INCLUDED",
            file_name_or_url=str(each.get("name") or ""),
            file_size=int(each.get("size", -1)),
            sha256=str(each.get("sha256") or ""),
            index=number,
        )
    for number, host in enumerate(hosts, len(files)):
        yield FileOrLink(node_type="LINK_INCLUDED", file_name_or_url=str(host), index=number)


def _tls(client: Mapping[str, Any]) -> TlsInfo:
    if not client:
        return TlsInfo()
    if client.get("channel"):
        return tls_of(msgspec.convert(client["channel"], TlsRecord))
    # Events of earlier versions tell the protocol and nothing else.
    tls = client.get("tls")
    if tls is None:
        return TlsInfo(tls_used=False)
    return TlsInfo(
        tls_advertised=True,
        tls_used=True,
        tls_protocol=str(tls.get("protocol") or ""),
        tls_cipher=str(tls.get("cipher") or ""),
    )


def _convicted(match: LateMatch, nodes: tuple[FileOrLink, ...]) -> tuple[MaliciousFileOrLink, ...]:
    trait, message = match.trait, str(match.message)
    match trait.kind:
        # Which address it was that has this sum only the message itself tells.
        case IndicatorKind.URL if not trait.is_sum:
            node = FileOrLink(node_type="LINK_INCLUDED", file_name_or_url=trait.value)
            return (_malicious(node, trait.name, "known address", message),)
        case IndicatorKind.ATTACHMENT_SHA256:
            known = [each for each in nodes if each.sha256 == trait.value]
            found = known or [FileOrLink(node_type="FILE_INCLUDED", sha256=trait.value)]
            return tuple(_malicious(each, trait.name, "known file", message) for each in found)
        case IndicatorKind.ATTACHMENT_MD5:
            node = FileOrLink(node_type="FILE_INCLUDED", md5=trait.value)
            return (_malicious(node, trait.name, "known file", message),)
        case _:
            return ()


def _malicious(node: FileOrLink, name: str, category: str, message: str) -> MaliciousFileOrLink:
    known = {field: getattr(node, field) for field in node.__struct_fields__}
    return MaliciousFileOrLink(**known, malware_name=name, malware_category=category, x_msg_ref=message)
