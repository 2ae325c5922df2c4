"""A message as detectors see it: header, parts, texts, links, everything found when first asked for.

Nothing here raises for what a message is.  What is odd about it stands in ``anomalies``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from lazaretto.mail import urls
from lazaretto.mail.anomalies import Anomalies, Anomaly
from lazaretto.mail.header import Field, Header, scan_header
from lazaretto.mail.html import NOTHING, HtmlView, html_view, within_bounds
from lazaretto.mail.limits import Limits
from lazaretto.mail.mailboxes import Mailbox, mailboxes_of
from lazaretto.mail.octets import Octets
from lazaretto.mail.part import Part
from lazaretto.mail.structure import Structure
from lazaretto.mail.urls import Found, Url

MAX_HTML_SOURCE = 256 << 10
"""Octets of HTML source that are kept for those who look at it as written."""
SINGLE_FIELDS = (
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "date",
    "subject",
    "message-id",
    "mime-version",
    "content-transfer-encoding",
)
"""Fields of which RFC 5322 §3.6 and RFC 2045 allow one."""


class MessageView:
    """One message, as received, from every side."""

    def __init__(self, octets: Octets, limits: Limits) -> None:
        self.octets = octets
        self.size = len(octets)
        self.limits = limits
        self._anomalies = Anomalies()

    @cached_property
    def header(self) -> Header:
        """The message's own header block."""
        return scan_header(self.octets, 0, self.size, self._anomalies, self.limits)

    def first(self, name: str) -> Field | None:
        """Return the first header field called ``name`` (lower case)."""
        return self.header.first(name)

    def all(self, name: str) -> tuple[Field, ...]:
        """Return every header field called ``name`` (lower case)."""
        return self.header.all(name)

    @cached_property
    def line_end(self) -> bytes:
        """The line end that the message uses: of its first line."""
        first = self.octets.find(b"\n", 0, min(self.size, 1 << 16))
        return b"\n" if first == 0 or (first > 0 and self.octets[first - 1 : first] != b"\r") else b"\r\n"

    @cached_property
    def subject(self) -> str:
        """The first Subject as a client shows it."""
        return self.header.decoded("subject")

    @cached_property
    def message_id(self) -> str:
        """The first Message-ID with its brackets; empty when there is none."""
        return self.header.decoded("message-id")

    @cached_property
    def authors(self) -> tuple[Mailbox, ...]:
        """Every mailbox of every From field."""
        return tuple(mailbox for field in self.header.all("from") for mailbox in self._mailboxes(field))

    @property
    def author(self) -> Mailbox | None:
        """The first mailbox of the first From field; None when there is none."""
        return self.authors[0] if self.authors else None

    def mailboxes(self, name: str) -> tuple[Mailbox, ...]:
        """Return the mailboxes of every field called ``name``: ``reply-to``, ``to`` …"""
        return tuple(mailbox for field in self.header.all(name) for mailbox in self._mailboxes(field))

    def _mailboxes(self, field: Field) -> tuple[Mailbox, ...]:
        found = mailboxes_of(field.raw, self.limits)
        if len(found) >= self.limits.mailboxes:
            self._anomalies.limit("MAILBOXES", f"more than {self.limits.mailboxes} in {field.name}")
        return found

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All parts in order, containers before what they hold; alternative readings at the end."""
        return tuple(Structure(self.octets, self.header, self._anomalies, self.limits))

    @cached_property
    def leaves(self) -> tuple[Part, ...]:
        """The parts of the primary reading that hold content themselves."""
        return tuple(part for part in self.parts if not part.is_container and not part.is_alternative)

    @cached_property
    def attachments(self) -> tuple[Part, ...]:
        """The parts of the primary reading that are meant as files."""
        return tuple(part for part in self.parts if part.is_attachment and not part.is_alternative)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The plain texts that a reader sees, in order."""
        return tuple(self._texts_of("text/plain"))

    @cached_property
    def html_parts(self) -> tuple[HtmlView, ...]:
        """What is in each HTML part, in order."""
        return tuple(self._html(source) for source in self._texts_of("text/html"))

    @cached_property
    def html_source(self) -> bytes:
        """The first HTML as written, decoded from its transfer encoding; ``MAX_HTML_SOURCE`` octets."""
        bodies = [
            part.decoded(MAX_HTML_SOURCE)
            for part in self.parts
            if part.content_type == "text/html" and not part.is_attachment
        ]
        return b"\n".join(bodies)[:MAX_HTML_SOURCE]

    @cached_property
    def html_source_lower(self) -> bytes:
        """``html_source`` in lower case, for those who look for marks in it."""
        return self.html_source.lower()

    @cached_property
    def html(self) -> HtmlView:
        """What is in all HTML parts together."""
        views = self.html_parts
        if len(views) < 2:
            return views[0] if views else NOTHING
        return HtmlView(
            visible="\n".join(view.visible for view in views),
            hidden="\n".join(view.hidden for view in views if view.hidden),
            title=next((view.title for view in views if view.title), ""),
            links=tuple(link for view in views for link in view.links),
            images=tuple(image for view in views for image in view.images),
            embedded=tuple(link for view in views for link in view.embedded),
            forms=tuple(form for view in views for form in view.forms),
            scripts=tuple(script for view in views for script in view.scripts),
            comments="\n".join(view.comments for view in views if view.comments),
            tags=sum(view.tags for view in views),
            has_handlers=any(view.has_handlers for view in views),
        )

    def _html(self, source: str) -> HtmlView:
        parsed = within_bounds(source, self.limits.html)
        if len(parsed) < len(source):
            self._anomalies.limit("HTML", f"{len(parsed)} of {len(source)} characters")
        return html_view(parsed)

    def _texts_of(self, content_type: str) -> Iterator[str]:
        left = self.limits.message_text
        for part in self.leaves:
            if part.content_type != content_type or part.disposition == "attachment":
                continue
            if left <= 0:
                self._anomalies.limit("TEXT", f"more than {self.limits.message_text} characters")
                return
            limit = min(left, self.limits.part_text)
            text = part.text(limit)
            if part.decoded_part(limit).cut:
                self._anomalies.limit("TEXT", f"part {part.path}")
            left -= len(text)
            yield text

    @cached_property
    def other_texts(self) -> tuple[str, ...]:
        """What only some clients show: text in alternative readings and under other charsets."""
        found: list[str] = []
        left = self.limits.message_text
        for part in self.parts:
            if part.is_text and left > 0:
                limit = min(left, self.limits.part_text)
                texts = part.other_texts(limit)
                found += (part.text(limit), *texts) if part.is_alternative else texts
                left -= limit if part.is_alternative else 0
        return tuple(found)

    @cached_property
    def text(self) -> str:
        """What a reader sees of all text parts, plain before HTML."""
        return "\n".join((*self.texts, *(view.visible for view in self.html_parts)))

    @cached_property
    def urls(self) -> tuple[Url, ...]:
        """Where the message leads: links of HTML first, then what stands in texts; each once."""
        found: dict[tuple[str, Found, str], Url] = {}
        for url in self._all_urls():
            found.setdefault((url.raw, url.found, url.shown), url)
            if len(found) >= self.limits.urls:
                self._anomalies.limit("URLS", f"more than {self.limits.urls}")
                break
        return tuple(found.values())

    def _all_urls(self) -> Iterator[Url]:
        longest = self.limits.url_length
        html = self.html
        for link in (*html.links, *html.embedded, *html.images):
            url = urls.parse(link.target[:longest], link.kind, link.shown)
            if url is not None and url.scheme not in ("cid", "data"):
                yield url
        for form in html.forms:
            url = urls.parse(form.action[:longest], Found.FORM)
            if url is not None:
                yield url
        for text in self.texts:
            yield from urls.in_text(text)
        for view in self.html_parts:
            yield from urls.in_text(view.visible, Found.SHOWN)

    @cached_property
    def anomalies(self) -> tuple[Anomaly, ...]:
        """Everything that is wrong with the message's form, and every bound that was reached."""
        self._note_header()
        for known in (self.parts, self.authors, self.text, self.urls):
            # Each of them notes what it meets when it is first asked for.
            len(known)
        return self._anomalies.noted

    @property
    def is_ambiguous(self) -> bool:
        """Tell whether mail clients disagree about what the message contains."""
        return any(anomaly.ambiguous for anomaly in self.anomalies)

    def _note_header(self) -> None:
        for name in SINGLE_FIELDS:
            fields = self.header.all(name)
            if len(fields) > 1:
                self._anomalies.malformed("DUPLICATE_FIELD", name)
                if name == "from" and len({field.unfolded for field in fields}) > 1:
                    self._anomalies.ambiguous("DUPLICATE_FROM", fields[-1].unfolded)
        if not self.authors:
            self._anomalies.malformed("NO_AUTHOR", "")
        if b"\0" in self.header.raw:
            self._anomalies.malformed("NUL_IN_HEADER", "")
        if self.header.raw.count(b"\r") != self.header.raw.count(b"\r\n"):
            self._anomalies.malformed("BARE_CR_IN_HEADER", "")
