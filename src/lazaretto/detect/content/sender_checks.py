"""How sender, recipient, subject and text fit together."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import AuthResult, Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.brands import registered
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.detect.freemail import is_freemail
from lazaretto.mail.view import MessageView

# Letters of mathematics, circles, squares and superscripts that people use as if they were type faces.
_STYLED = re.compile(
    "[\U0001d400-\U0001d7ff\u249c-\u24e9\U0001f130-\U0001f189\uff21-\uff5a\u1d2c-\u1d6a\u2090-\u209c]"
)
_PICTOGRAM = re.compile("[\u2600-\u27bf\u2b50\u2b55\U0001f300-\U0001faff]")
_ZONE = re.compile(r"([+-])(\d{2})(\d{2})\s*(?:\([^)]{0,40}\))?\s*$")
_SPACED = re.compile(r"(?:\b\w[ ._-]){5,}\w\b")
_VOWELS = frozenset("aeiouy")


def _is_from_list(message: MessageView) -> bool:
    names = message.header.names
    return "list-post" in names or "list-id" in names


def _styled(text: str) -> bool:
    return not text.isascii() and len(_STYLED.findall(text)) > 3


def _styled_author(message: MessageView, facts: Facts) -> str | None:
    name = message.author.display_name if message.author is not None else ""
    return name if _styled(name) else None


def _styled_subject(message: MessageView, facts: Facts) -> str | None:
    return message.subject if _styled(message.subject) else None


def _styled_text(message: MessageView, facts: Facts) -> str | None:
    text = message.text[:4000]
    if text.isascii() or len(_STYLED.findall(text)) < 12:
        return None
    return unicodedata.normalize("NFKC", text[:80])


def _pictogram_author(message: MessageView, facts: Facts) -> str | None:
    name = message.author.display_name if message.author is not None else ""
    return name if not name.isascii() and _PICTOGRAM.search(name) else None


def _recipients(message: MessageView, facts: Facts) -> list[str]:
    told = [mailbox.address for mailbox in message.mailboxes("to")[:3]]
    return [str(address).lower() for address in told if len(str(address)) > 6]


def _author_names_recipient(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    if author is None or _is_from_list(message):
        return None
    name = author.display_name.lower()
    for recipient in _recipients(message, facts):
        domain = recipient.rpartition("@")[2]
        borrowed = recipient in name or (len(domain) > 5 and domain in name)
        if borrowed and author.address.domain.lower() != domain:
            return author.display_name
    return None


def _greets_by_address(message: MessageView, facts: Facts) -> str | None:
    start = (message.html.visible or message.text)[:600].lower()
    if "@" not in start or _is_from_list(message):
        return None
    return next((each for each in _recipients(message, facts) if each in start), None)


def _greets_by_local_part(message: MessageView, facts: Facts) -> str | None:
    start = (message.html.visible or message.text)[:200].lower()
    named = " ".join(each.display_name for each in message.mailboxes("to")[:3]).lower()
    for recipient in _recipients(message, facts):
        local = recipient.partition("@")[0]
        # Whoever knows the name may use it.
        if (
            len(local) > 3
            and local not in named
            and re.search(rf"\b(?:dear|hello|hi|hallo|bonjour|beste|attn:?) {re.escape(local)}\b", start)
        ):
            return local
    return None


def _same_author_twice(message: MessageView, facts: Facts) -> str | None:
    authors = message.authors[:5]
    if len(authors) < 2:
        return None
    return str(authors[0].address) if len({str(each.address).lower() for each in authors}) == 1 else None


def _several_authors(message: MessageView, facts: Facts) -> str | None:
    domains = {each.address.domain.lower() for each in message.authors[:5]}
    return ", ".join(sorted(domains)) if len(domains) > 1 else None


def _random_label(label: str) -> bool:
    letters = [c for c in label if c.isalpha()]
    if len(label) < 7 or not letters:
        return False
    digits = sum(c.isdigit() for c in label)
    switches = sum(a.isdigit() != b.isdigit() for a, b in itertools.pairwise(label))
    vowels = sum(c in _VOWELS for c in letters) / len(letters)
    return (digits > 1 and switches > 3) or (len(letters) > 7 and vowels < 0.18)


def _random_domain(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    if author is None:
        return None
    domain = author.address.domain.lower()
    labels = domain.removesuffix(registered(domain).partition(".")[2]).strip(".").split(".")
    return domain if any(map(_random_label, labels)) else None


def _deep_domain(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    return author.address.domain if author is not None and author.address.domain.count(".") > 3 else None


def _reply_elsewhere(message: MessageView, facts: Facts) -> str | None:
    author, answers = message.author, message.mailboxes("reply-to")[:1]
    if author is None or not answers or _is_from_list(message):
        return None
    theirs = answers[0].address.domain.lower()
    if is_freemail(theirs) or registered(theirs) == registered(author.address.domain.lower()):
        return None
    return theirs


def _path_elsewhere(message: MessageView, facts: Facts) -> str | None:
    author, path = message.author, facts.reverse_path.rpartition("@")[2].lower()
    if author is None or not path or _is_from_list(message) or facts.dmarc.result is AuthResult.PASS:
        return None
    return path if registered(path) != registered(author.address.domain.lower()) else None


def _id_elsewhere(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    place = message.message_id.strip("<> ").rpartition("@")[2].lower()
    if author is None or "." not in place or _is_from_list(message) or is_freemail(author.address.domain):
        return None
    return place if registered(place) != registered(author.address.domain.lower()) else None


def _freemail_by_others(message: MessageView, facts: Facts) -> str | None:
    """A free mailbox as author, and nothing of its provider in Message-ID or reverse path."""
    author = message.author
    if author is None or not is_freemail(author.address.domain) or _is_from_list(message):
        return None
    owner = registered(author.address.domain.lower())
    place = message.message_id.strip("<> ").rpartition("@")[2].lower()
    if not place or registered(place) == owner or any(each.result is AuthResult.PASS for each in facts.dkim):
        return None
    known = ("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "aol.com", "icloud.com")
    return f"{author.address.domain} by {place}" if owner in known and "." in place else None


def _odd_zone(message: MessageView, facts: Facts) -> str | None:
    match = _ZONE.search(message.header.decoded("date")[-50:])
    if match is None:
        return None
    hours, minutes = int(match[2]), int(match[3])
    return match[0] if hours > 14 or minutes not in (0, 30, 45) else None


def _spaced_subject(message: MessageView, facts: Facts) -> str | None:
    return message.subject if _SPACED.search(message.subject[:200]) else None


def _long_gap(message: MessageView, facts: Facts) -> str | None:
    """Much empty space with more text behind it, which only filters read."""
    text = "\n".join(message.texts)[:20_000]
    match = re.search(r"(?:[ \t\r]*\n){20,}(?=[^\n]*\S)", text)
    return "" if match is not None and len(text) - match.end() > 200 else None


def _other_alternative(message: MessageView, facts: Facts) -> str | None:
    """Plain text and page of one letter say different things."""
    plain, page = "\n".join(message.texts)[:6000], message.html.visible[:6000]
    if len(plain) < 80 or len(page) < 80:
        return None
    words = set(re.findall(r"[a-z]{5,}", page.lower()))
    theirs = set(re.findall(r"[a-z]{5,}", plain.lower()))
    if len(words) < 12 or len(theirs) < 12:
        return None
    return "" if len(words & theirs) < min(len(words), len(theirs)) / 6 else None


CHECKS = (
    check("FROM_STYLED_LETTERS", "The sender's name is set in letters of mathematics", _styled_author),
    check("SUBJECT_STYLED_LETTERS", "The subject is set in letters of mathematics", _styled_subject),
    check("TEXT_STYLED_LETTERS", "The text is set in letters of mathematics", _styled_text),
    check("FROM_PICTOGRAM", "The sender's name has pictograms", _pictogram_author),
    check(
        "FROM_NAMES_RECIPIENT",
        "The sender's name is the recipient's address or domain",
        _author_names_recipient,
        Verdict.PHISHING,
    ),
    check("TEXT_GREETS_ADDRESS", "Greets the reader by their address", _greets_by_address),
    check("TEXT_GREETS_LOCAL", "Greets the reader by the first half of their address", _greets_by_local_part),
    check("FROM_TWICE", "Names the same sender twice", _same_author_twice),
    check("FROM_SEVERAL", "Names senders of several domains", _several_authors),
    check("FROM_RANDOM_DOMAIN", "The sender's domain looks like a machine made it up", _random_domain),
    check("FROM_DEEP_DOMAIN", "The sender's domain has many levels", _deep_domain),
    check("REPLY_TO_ELSEWHERE", "Answers go to another domain", _reply_elsewhere),
    check(
        "RETURN_PATH_ELSEWHERE", "Returns go to another domain, and nothing vouches for it", _path_elsewhere
    ),
    check("MESSAGE_ID_ELSEWHERE", "The Message-ID is of another domain", _id_elsewhere),
    check("FREEMAIL_SENT_BY_OTHERS", "A free mailbox's letter was made elsewhere", _freemail_by_others),
    check("DATE_ODD_ZONE", "Is dated in a time zone that does not exist", _odd_zone),
    check("SUBJECT_SPACED", "The subject parts its letters", _spaced_subject),
    check("TEXT_LONG_GAP", "Hides filler text below a long gap", _long_gap),
    check("TEXT_OTHER_IN_HTML", "Plain text and page say different things", _other_alternative),
)  # fmt: skip


class SenderChecks:
    """Asks whether sender, recipient, subject and text fit together."""

    card: ClassVar = DetectorCard(
        name="content.sender",
        summary="Finds senders, recipients and texts that do not fit together",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)
