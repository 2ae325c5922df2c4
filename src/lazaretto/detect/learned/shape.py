"""The form of a message as features: fields, parts, HTML, links, attachments, never who received it.

Fields that transport, lists and collectors add are left out, as are dates, countries and all exact
names of hosts and people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lazaretto.detect.learned.origin import own_parts, own_urls, writer_of
from lazaretto.mail.urls import Found, Url
from lazaretto.mail.view import MessageView

MAX_URLS = 40
MAX_PARTS = 12
_FIELDS = frozenset(
    [
        "reply-to",
        "organization",
        "x-mailer",
        "user-agent",
        "x-priority",
        "importance",
        "x-msmail-priority",
        "x-mimeole",
        "thread-index",
        "thread-topic",
        "content-language",
        "mime-version",
        "message-id",
        "date",
        "content-class",
        "auto-submitted",
        "feedback-id",
        "disposition-notification-to",
    ]
)
"""Fields whose presence may count."""
_DIGITS = re.compile(r"[0-9]+")
_LETTERS = re.compile(r"[a-z]+")
_CAPITALS = re.compile(r"[A-Z]+")
_ZONE = re.compile(r"([+-]\d{4})\s*(?:\([^)]{0,40}\))?\s*$")
_WORD = re.compile(r"[A-Za-z]{3,20}")
_PATH_WORD = re.compile(r"[a-z]{3,14}")
_OLD_ENDS = frozenset({"com", "net", "org", "edu", "gov", "mil", "int", "biz", "info"})
_ROLE_WORDS = (
    "account accounts admin administrator alert alerts bank best billing card care center centre "
    "club company customer daemon deals delivery department desk direct dr gmbh group health help "
    "helpdesk hr inc info invoice klantenservice kunden kundenservice ltd mail mailer marketing mr "
    "mrs news newsletter no noreply notification notifications notify offer offers office online "
    "order orders payment payments payroll postmaster pro reply sales security service services "
    "shipping shop store support team update updates webmaster"
)
_ROLES = frozenset(_ROLE_WORDS.split())
"""Words of a sender's name that tell its part; all others are somebody's name."""
_TELLING_PATHS = (
    "account admin asset click confirm content css download email file files form forms go images "
    "img includes index invoice link login mail open order pay payment plugins redirect secure share "
    "signin themes track unsub unsubscribe update upload uploads verify view webmail wp"
)
_PATH_WORDS = frozenset(_TELLING_PATHS.split())
_FREE = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "hotmail.com",
        "outlook.com",
        "aol.com",
        "live.com",
        "icloud.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "mail.ru",
        "yandex.ru",
        "protonmail.com",
        "proton.me",
        "zoho.com",
        "msn.com",
        "orange.fr",
        "free.fr",
        "163.com",
        "126.com",
        "qq.com",
        "yahoo.fr",
        "yahoo.co.uk",
        "hotmail.fr",
        "laposte.net",
        "t-online.de",
        "ziggo.nl",
        "kpnmail.nl",
    ]
)


def shape_of(message: MessageView) -> set[str]:
    """Return the features of the form of ``message``."""
    return {*_header(message), *_sender(message), *_parts(message), *_html(message), *_links(message)}


def size_class(count: int) -> str:
    """Return the class of ``count`` on a scale that doubles: 0, 1, 2, 4, 8 …"""
    return str(1 << min(count.bit_length() - 1, 16)) if count > 0 else "0"


def _header(message: MessageView) -> Iterator[str]:
    names = message.header.names
    for name in names:
        if name in _FIELDS:
            yield f"h:{name}"
    for name in ("mime-version", "message-id", "date"):
        if name not in names:
            yield f"h:no {name}"
    program = message.header.decoded("x-mailer") or message.header.decoded("user-agent")
    word = _WORD.search(program[:60])
    yield f"h:by {word[0].lower() if word else ''}"
    zone = _ZONE.search(message.header.decoded("date")[-50:])
    yield f"h:zone {'none' if zone is None else 'unknown' if zone[1] == '-0000' else 'some'}"
    yield f"h:priority {message.header.decoded('x-priority')[:1]}"
    yield from _subject(message.subject)
    yield from _message_id(message)


def _subject(subject: str) -> Iterator[str]:
    yield f"s#length {size_class(len(subject))}"
    if subject.isupper():
        yield "s#capitals"
    for mark in "!?$%€":
        if mark in subject:
            yield f"s#{mark}"
    if not subject.isascii():
        yield "s#foreign"


def _message_id(message: MessageView) -> Iterator[str]:
    local, _, domain = message.message_id.strip("<> ").lower().partition("@")
    masked = _LETTERS.sub("a", _DIGITS.sub("0", _CAPITALS.sub("a", local[:80])))
    yield f"id:{masked[:16]}"
    yield f"id#length {size_class(len(local))}"
    author = writer_of(message)
    if author is not None:
        yield f"id#own {_registered(domain) == _registered(author.address.domain.lower())}"


def _sender(message: MessageView) -> Iterator[str]:
    author = writer_of(message)
    if author is None:
        yield "f:none"
        return
    domain = author.address.domain.lower()
    local = author.address.local
    name = author.display_name
    yield f"f:top {_top(domain)}"
    yield f"f:free {domain in _FREE}"
    yield f"f:labels {min(domain.count('.'), 4)}"
    yield f"f:digits {any(c.isdigit() for c in local)} {any(c.isdigit() for c in domain)}"
    yield f"f:name {min(len(name.split()), 5)}"
    if name.isupper():
        yield "f:capitals"
    if "@" in name:
        yield "f:address in name"
    if not name.isascii():
        yield "f:foreign"
    for word in _WORD.findall(f"{name[:60]} {local[:40]}".lower()):
        if word in _ROLES:
            yield f"f:{word}"
    answer = message.mailboxes("reply-to")
    if answer:
        other = answer[0].address.domain.lower()
        same = _registered(other) == _registered(domain)
        yield f"f:answer {'same' if same else 'free' if other in _FREE else 'other'}"


def _parts(message: MessageView) -> Iterator[str]:
    parts = own_parts(message)[:MAX_PARTS]
    yield f"m:{'+'.join(part.content_type for part in parts[:5])}"
    for part in parts:
        if part.is_container:
            continue
        if part.main_type == "text":
            yield f"m:{part.content_type} {part.charset} {part.transfer_encoding}"
        else:
            yield f"m:{part.content_type}"
        if part.is_attachment:
            yield f"a:{part.content_type}"
            for name in part.names[:1]:
                yield f"a:name {name.rpartition('.')[2].lower()[:8]}"
    yield f"a#{min(len(message.attachments), 4)}"


def _html(message: MessageView) -> Iterator[str]:
    html = message.html
    plain = sum(map(len, message.texts))
    yield f"t#{size_class(len(html.visible) or plain)}"
    if not html.tags:
        yield "x:none"
        return
    yield f"x:tags {size_class(html.tags)}"
    yield f"x:images {size_class(len(html.images))}"
    yield f"x:links {size_class(len(html.links))}"
    yield f"x:hidden {size_class(len(html.hidden))}"
    yield f"x:text per tag {size_class(len(html.visible) // html.tags)}"
    yield f"x:plain {'none' if not plain else size_class(10 * plain // (len(html.visible) + 1))}"
    for name, is_there in (
        ("form", html.forms),
        ("script", html.scripts),
        ("comment", html.comments),
        ("title", html.title),
        ("embedded", html.embedded),
        ("handler", html.has_handlers),
    ):
        if is_there:
            yield f"x:{name}"


def _links(message: MessageView) -> Iterator[str]:
    urls = own_urls(message)[:MAX_URLS]
    hosts = {url.host for url in urls if url.found is not Found.BARE}
    yield f"u#{size_class(len(urls))}"
    yield f"u#hosts {size_class(len(hosts))}"
    author = writer_of(message)
    if author is not None and hosts:
        own = _registered(author.address.domain.lower())
        share = sum(_registered(host) == own for host in hosts) / len(hosts)
        yield f"u#own {'none' if share == 0 else 'all' if share == 1 else 'some'}"
    for url in urls:
        if url.found is not Found.BARE:
            yield from _link(url)


def _link(url: Url) -> Iterator[str]:
    kind = "image" if url.found is Found.IMAGE else "link"
    if url.is_numeric:
        yield f"u:{kind} numeric"
    else:
        yield f"u:{kind} top {_top(url.host)}"
    yield f"u:{kind} {url.scheme} {url.port or ''}"
    yield f"u:{kind} labels {min(url.host.count('.'), 5)}"
    path, _, query = url.rest.partition("?")
    yield f"u:{kind} depth {min(path.count('/'), 6)} {bool(query)}"
    if "#" in url.rest:
        yield f"u:{kind} fragment"
    if url.found is Found.LINK:
        for word in _PATH_WORD.findall(path[:60].lower())[:6]:
            if word in _PATH_WORDS:
                yield f"u:{word}"
    elif url.found is Found.FORM:
        yield "u:form"


def _top(domain: str) -> str:
    """Return the kind of end that ``domain`` has; which country it is would tell the collection."""
    end = domain.rpartition(".")[2]
    if end in _OLD_ENDS:
        return "com" if end == "com" else "old"
    return "country" if len(end) == 2 else "new"


def _registered(domain: str) -> str:
    # Good enough for "same owner or not" without the public suffix list.
    labels = domain.rsplit(".", 3)
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3:] if short else labels[-2:])
