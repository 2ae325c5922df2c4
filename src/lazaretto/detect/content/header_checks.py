"""Header fields that honest programs write and hurried ones do not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.checks import Question, answered, check, symbols_of
from lazaretto.detect.content.dates import date_of
from lazaretto.detect.folding import mixed_words
from lazaretto.detect.freemail import is_freemail
from lazaretto.mail.view import MessageView

STALE = timedelta(days=4)
AHEAD = timedelta(days=1, hours=12)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,6})")
_REPLY = re.compile(r"\s*(?:re|aw|sv|antw|fw|fwd|wg|tr|rif|res|enc)\s*(?:\[\d+\])?\s*:", re.I)
# Plain letters with marks of other scripts, strokes through them or variation selectors behind them look
# like words to people and like none to filters.  Accents of any language that uses Latin letters are not
# among these.
_DECORATED = re.compile(
    "[A-Za-z][\u0305\u030d-\u0312\u0315-\u031a\u031c-\u0322\u0329-\u036f\u0483-\u0489\u0591-\u05bd"
    "\u0610-\u061a\u064b-\u065f\u0730-\u074a\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f"
    "\U000e0100-\U000e01ef]"
)
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
_PICTOGRAM = re.compile("[\u2600-\u27bf\u2b50\u2b55\U0001f300-\U0001faff]")
_MARKS = re.compile(r"!{2,}|\?{2,}|\${2,}|!\s*$|\*{3,}|~{2,}")
_NEEDLESS = re.compile(rb"=\?(?:utf-8|us-ascii|iso-8859-1|windows-1252)\?b\?([a-z0-9+/=]{8,})\?=", re.I)
_MASS_PROGRAM = re.compile(
    r"phpmailer|the bat!? \(v[12]|smtp\.?mail|bulk|mass ?mail|advanced mass|sendblaster|gammadyne|dynamailer"
    r"|atomic mail|turbo ?mailer|leaf ?php|alexus|supermailer|massmail|power ?mta|group ?mail|xmailer|ybbs"
    r"|email blaster|foxmail [4567]|dreammail|super mail|mailking|postman professional|swiftmailer",
    re.I,
)


def _absent(name: str) -> Question:
    return lambda message, facts: "" if message.first(name) is None else None


def _no_recipient_field(message: MessageView, facts: Facts) -> str | None:
    return "" if message.first("to") is None and message.first("cc") is None else None


def _no_author(message: MessageView, facts: Facts) -> str | None:
    return "" if message.author is None else None


def _date_malformed(message: MessageView, facts: Facts) -> str | None:
    field = message.first("date")
    return field.decoded[:80] if field is not None and date_of(message, "date") is None else None


def _date_stale(message: MessageView, facts: Facts) -> str | None:
    """Compare with the newest hop: the time at which a file is looked at says nothing."""
    date, hop = date_of(message, "date"), date_of(message, "received")
    if date is None or hop is None or abs(hop - date) < STALE or hop < date:
        return None
    return f"{(hop - date).days} days before it was received"


def _date_ahead(message: MessageView, facts: Facts) -> str | None:
    date, hop = date_of(message, "date"), date_of(message, "received")
    if date is None or date - (hop or facts.received_at) < AHEAD:
        return None
    return f"{(date - (hop or facts.received_at)).days} days after it was received"


def _is_from_list(message: MessageView) -> bool:
    """Tell whether a list passed it on; lists put themselves into From and the author into Reply-To."""
    return message.first("list-id") is not None or message.first("list-post") is not None


def _name_holds_address(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    if author is None or _is_from_list(message):
        return None
    shown = _ADDRESS.search(author.display_name)
    if shown is None or shown[1].lower() == author.address.domain:
        return None
    theirs, real = shown[1].lower().split("."), author.address.domain.split(".")
    return None if theirs[-2:] == real[-2:] else author.display_name


def _reply_to(message: MessageView) -> str:
    field = message.first("reply-to")
    match = _ADDRESS.search(field.decoded[:1000]) if field is not None else None
    return match[0].lower() if match else ""


def _reply_to_freemail(message: MessageView, facts: Facts) -> str | None:
    author, reply = message.author, _reply_to(message)
    if author is None or not reply or reply == str(author.address).lower() or _is_from_list(message):
        return None
    domain = reply.rpartition("@")[2]
    # A list or a shared mailbox answers elsewhere too, but not at a free provider.
    return reply if is_freemail(domain) and domain != author.address.domain else None


def _reply_to_other_freemail(message: MessageView, facts: Facts) -> str | None:
    author, reply = message.author, _reply_to(message)
    if author is None or not reply or reply == str(author.address).lower():
        return None
    domain = reply.rpartition("@")[2]
    return reply if is_freemail(domain) and domain == author.address.domain else None


def _subject_empty(message: MessageView, facts: Facts) -> str | None:
    return "" if not message.subject.strip() else None


def _subject_capitals(message: MessageView, facts: Facts) -> str | None:
    letters = [c for c in message.subject if c.isalpha()]
    if len(letters) < 12 or " " not in message.subject.strip():
        return None
    return message.subject if sum(c.isupper() for c in letters) > 0.85 * len(letters) else None


def _subject_marks(message: MessageView, facts: Facts) -> str | None:
    return message.subject if _MARKS.search(message.subject) else None


def _subject_pictogram(message: MessageView, facts: Facts) -> str | None:
    return message.subject if _PICTOGRAM.search(message.subject) else None


def _subject_needlessly_encoded(message: MessageView, facts: Facts) -> str | None:
    field = message.first("subject")
    if field is None or not message.subject.isascii():
        return None
    return message.subject if _NEEDLESS.search(field.raw) else None


def _subject_names_recipient(message: MessageView, facts: Facts) -> str | None:
    subject = message.subject.lower()
    named = message.first("to")
    addresses = [
        *facts.recipients,
        *([m[0] for m in _ADDRESS.finditer(named.decoded[:2000])] if named else []),
    ]
    for address in addresses[:5]:
        if len(address) > 8 and address.lower() in subject:
            return message.subject
    return None


def _reply_without_thread(message: MessageView, facts: Facts) -> str | None:
    if not _REPLY.match(message.subject):
        return None
    linked = any(message.first(name) is not None for name in ("in-reply-to", "references", "thread-index"))
    return None if linked else message.subject


def _hidden_characters(message: MessageView, facts: Facts) -> str | None:
    shown = f"{message.subject} {message.author.display_name if message.author else ''}"
    return shown if _HIDDEN.search(shown) else None


def _decorated_letters(message: MessageView, facts: Facts) -> str | None:
    shown = f"{message.subject} {message.author.display_name if message.author else ''}"
    if shown.isascii():
        return None
    return shown if len(_DECORATED.findall(shown[:500])) > 1 else None


def _mixed_scripts(message: MessageView, facts: Facts) -> str | None:
    shown = f"{message.subject} {message.author.display_name if message.author else ''}"
    words = mixed_words(shown)
    return " ".join(words) if words else None


def _undisclosed(message: MessageView, facts: Facts) -> str | None:
    field = message.first("to")
    if field is None:
        return None
    text = field.decoded.lower()
    return (
        text[:80]
        if "undisclosed" in text or ("recipients" in text and "@" not in text) or not text.strip()
        else None
    )


def _to_is_author(message: MessageView, facts: Facts) -> str | None:
    field, author = message.first("to"), message.author
    if field is None or author is None or message.first("cc") is not None or _is_from_list(message):
        return None
    addresses = {m[0].lower() for m in _ADDRESS.finditer(field.decoded[:2000])}
    own = str(author.address).lower()
    # Somebody who writes to themselves is not written to by us.
    return own if addresses == {own} and own not in {each.lower() for each in facts.recipients} else None


def _mass_program(message: MessageView, facts: Facts) -> str | None:
    for name in ("x-mailer", "user-agent"):
        field = message.first(name)
        if field is not None and _MASS_PROGRAM.search(field.decoded[:200]):
            return field.decoded
    return None


def _script_sent(message: MessageView, facts: Facts) -> str | None:
    for name in ("x-php-originating-script", "x-php-script", "x-source-args"):
        field = message.first(name)
        if field is not None:
            return field.decoded
    return None


def _message_id_malformed(message: MessageView, facts: Facts) -> str | None:
    field = message.first("message-id")
    if field is None:
        return None
    text = field.decoded.strip()
    return None if re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>(?:\s*\([^)]*\))?", text) else text[:120]


def _priority(message: MessageView, facts: Facts) -> str | None:
    for name, values in (
        ("x-priority", ("1", "2")),
        ("importance", ("high",)),
        ("x-msmail-priority", ("high",)),
    ):
        field = message.first(name)
        if field is not None and field.decoded.strip().lower().startswith(values):
            return f"{name}: {field.decoded.strip()}"
    return None


def _raw_octets(message: MessageView, facts: Facts) -> str | None:
    for name in ("subject", "from"):
        field = message.first(name)
        if field is not None and not field.raw.isascii():
            try:
                field.raw.decode("utf-8")
            except UnicodeDecodeError:
                return name
    return None


def _random_author(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    if author is None:
        return None
    local = author.address.local.lower()
    odd = re.search(r"\d{5,}|[bcdfghjklmnpqrstvwxz]{6,}", local)
    return str(author.address) if odd and len(local) < 40 and "=" not in local and "+" not in local else None


def _author_is_freemail(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    return author.address.domain if author is not None and is_freemail(author.address.domain) else None


def _many_to(message: MessageView, facts: Facts) -> str | None:
    field = message.first("to")
    count = field.decoded[:20_000].count("@") if field is not None else 0
    return f"{count} addresses" if count > 15 else None


CHECKS = (
    check("HEADER_NO_DATE", "Has no Date field", _absent("date")),
    check("HEADER_NO_MESSAGE_ID", "Has no Message-ID field", _absent("message-id")),
    check("HEADER_NO_RECIPIENT", "Names no recipient in To or Cc", _no_recipient_field),
    check("HEADER_NO_AUTHOR", "Has no author in From", _no_author),
    check("HEADER_RAW_OCTETS", "Subject or From hold octets of an undeclared character set", _raw_octets),
    check("DATE_MALFORMED", "The Date field is no date", _date_malformed),
    check("DATE_STALE", "Was dated days before it was received", _date_stale),
    check("DATE_AHEAD", "Is dated in the future", _date_ahead),
    check(
        "FROM_NAME_OTHER_ADDRESS",
        "The sender's name is an address of another domain",
        _name_holds_address,
        Verdict.PHISHING,
    ),
    check("FROM_RANDOM_LOCAL", "The sender's address looks like a machine made it up", _random_author),
    check("FROM_FREEMAIL", "Comes from a free mailbox", _author_is_freemail),
    check("REPLY_TO_FREEMAIL", "Answers go to a free mailbox elsewhere", _reply_to_freemail),
    check(
        "REPLY_TO_OTHER_MAILBOX",
        "Answers go to another free mailbox of the same provider",
        _reply_to_other_freemail,
    ),
    check("SUBJECT_EMPTY", "Has no subject", _subject_empty),
    check("SUBJECT_CAPITALS", "The subject is all capitals", _subject_capitals),
    check("SUBJECT_MARKS", "The subject shouts with punctuation", _subject_marks),
    check("SUBJECT_PICTOGRAM", "The subject has pictograms", _subject_pictogram),
    check(
        "SUBJECT_NEEDLESSLY_ENCODED", "The subject hides plain letters in base64", _subject_needlessly_encoded
    ),
    check("SUBJECT_NAMES_RECIPIENT", "The subject repeats the recipient's address", _subject_names_recipient),
    check("SUBJECT_FAKE_REPLY", "Claims to answer or forward, without a thread", _reply_without_thread),
    check("HEADER_HIDDEN_CHARACTERS", "Subject or sender hold invisible characters", _hidden_characters),
    check(
        "HEADER_DECORATED_LETTERS",
        "Plain letters carry marks that no language gives them",
        _decorated_letters,
    ),
    check("HEADER_MIXED_SCRIPTS", "Words of subject or sender mix letters of two scripts", _mixed_scripts),
    check("TO_UNDISCLOSED", "Recipients are undisclosed", _undisclosed),
    check("TO_IS_AUTHOR", "Is addressed to its own author only", _to_is_author),
    check("TO_MANY", "Is addressed to many people at once", _many_to),
    check("MAILER_MASS_PROGRAM", "Was sent by a program for mass mail", _mass_program),
    check("MAILER_SCRIPT", "Was sent by a script of a web site", _script_sent),
    check("MESSAGE_ID_MALFORMED", "The Message-ID is not one", _message_id_malformed),
    check("PRIORITY_HIGH", "Claims high priority", _priority),
)


class HeaderChecks:
    """Asks small questions about the header."""

    card: ClassVar = DetectorCard(
        name="content.header",
        summary="Finds header fields that honest programs do not write",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)
