"""One DMARC aggregate report as XML and as mail (RFC 9990 §3, §4)."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5
from xml.etree import ElementTree

from lazaretto.core.identity import PLATFORM, MessageId
from lazaretto.core.queued import ComposedMessage
from lazaretto.detect.authentication.dmarc_record import tags_in
from lazaretto.journal.dmarc_counts import Due, Row

NAMESPACE: Final = "urn:ietf:params:xml:ns:dmarc-2.0"
_PUBLISHED: Final = ("p", "sp", "np")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """In whose name reports go out."""

    submitter: str
    """A domain name of ours."""
    organization: str
    contact: str
    """The address in From, and in the report."""


def report_id(due: Due, submitter: str) -> UUID:
    """Return the id of a report: the same however often it is made."""
    return uuid5(NAMESPACE_URL, f"dmarc:{submitter}:{due.domain}:{due.day.isoformat()}")


def xml_of(due: Due, rows: Sequence[Row], reporter: Reporter) -> bytes:
    """Return the report about ``due``; ``rows`` is not empty."""
    began, ended = _period(due)
    feedback = ElementTree.Element("feedback", {"xmlns": NAMESPACE})
    _add(feedback, "version", "1.0")
    metadata = ElementTree.SubElement(feedback, "report_metadata")
    _add(metadata, "org_name", reporter.organization)
    _add(metadata, "email", reporter.contact)
    _add(metadata, "report_id", report_id(due, reporter.submitter).hex)
    period = ElementTree.SubElement(metadata, "date_range")
    _add(period, "begin", str(int(began.timestamp())))
    _add(period, "end", str(int(ended.timestamp())))
    _add(metadata, "generator", "Lazaretto")
    _add_policy(feedback, due.domain, rows[0].record)
    for row in rows:
        _add_row(feedback, row)
    text: bytes = ElementTree.tostring(feedback, encoding="utf-8", xml_declaration=True)
    return text


def packed(xml: bytes) -> bytes:
    """Return ``xml`` compressed, the same octets each time."""
    return gzip.compress(xml, mtime=0)


def mail_of(due: Due, attachment: bytes, target: str, reporter: Reporter, now: datetime) -> ComposedMessage:
    """Return the mail that carries a packed report to ``target``, an address; twice is once."""
    began, ended = _period(due)
    identity = report_id(due, reporter.submitter)
    subject = f"Report Domain: {due.domain} Submitter: {reporter.submitter} Report-ID: <{identity.hex}>"
    name = (
        f"{reporter.submitter}!{due.domain}!{int(began.timestamp())}!{int(ended.timestamp())}"
        f"!{identity.hex}.xml.gz"
    )
    message = EmailMessage(policy=SMTP)
    message["From"] = reporter.contact
    message["To"] = target
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    own = uuid5(identity, target)
    message["Message-ID"] = f"<{own}@{reporter.submitter}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        f"This is a DMARC aggregate report about mail of {due.domain} on {due.day.isoformat()} (UTC),\n"
        f"sent because its DMARC record asks for it.  Questions: {reporter.contact}\n"
    )
    message.add_attachment(attachment, maintype="application", subtype="gzip", filename=name)
    return ComposedMessage(
        id=MessageId(own),
        tenant=PLATFORM,
        reverse_path="",
        recipients=(target,),
        octets=message.as_bytes(),
        subject=subject,
        message_id=str(message["Message-ID"]),
    )


def _period(due: Due) -> tuple[datetime, datetime]:
    began = datetime.combine(due.day, time(), UTC)
    return began, began + timedelta(days=1, seconds=-1)


def _add_policy(feedback: ElementTree.Element, domain: str, record: str) -> None:
    tags = {name: value.lower() for name, value in tags_in(record).items()}
    published = ElementTree.SubElement(feedback, "policy_published")
    _add(published, "domain", domain)
    for tag in _PUBLISHED:
        value = tags.get(tag, "none" if tag == "p" else "")
        if value in ("none", "quarantine", "reject"):
            _add(published, tag, value)
    for tag in ("adkim", "aspf"):
        if tags.get(tag) in ("r", "s"):
            _add(published, tag, tags[tag])
    _add(published, "testing", "y" if tags.get("t") == "y" else "n")
    _add(published, "discovery_method", "treewalk")


def _add_row(feedback: ElementTree.Element, counted: Row) -> None:
    told = counted.told
    record = ElementTree.SubElement(feedback, "record")
    row = ElementTree.SubElement(record, "row")
    _add(row, "source_ip", told["ip"])
    _add(row, "count", str(counted.messages))
    evaluated = ElementTree.SubElement(row, "policy_evaluated")
    for name in ("disposition", "dkim", "spf"):
        _add(evaluated, name, told[name])
    if told["reason"]:
        reason = ElementTree.SubElement(evaluated, "reason")
        _add(reason, "type", "local_policy")
        _add(reason, "comment", told["reason"])
    identifiers = ElementTree.SubElement(record, "identifiers")
    if told["envelope_from"]:
        _add(identifiers, "envelope_from", told["envelope_from"])
    _add(identifiers, "header_from", told["header_from"])
    results = ElementTree.SubElement(record, "auth_results")
    for domain, selector, result in told["signatures"]:
        signature = ElementTree.SubElement(results, "dkim")
        _add(signature, "domain", domain)
        _add(signature, "selector", selector)
        _add(signature, "result", result)
    spf = ElementTree.SubElement(results, "spf")
    _add(spf, "domain", told["envelope_from"])
    _add(spf, "scope", "mfrom")
    _add(spf, "result", told["spf_result"])


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    # XML knows no other control characters, not even escaped.
    ElementTree.SubElement(parent, name).text = "".join(c for c in text if c.isprintable())
