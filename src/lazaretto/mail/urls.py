"""URLs as browsers understand them, not as they are written.

The parser follows the WHATWG URL standard where people are deceived: tabs and line ends vanish,
backslashes are slashes, what precedes the last ``@`` is no host, hosts are decoded, folded, turned
into A-labels, and numbers in any base become an IPv4 address.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from urllib.parse import unquote

import idna


class Found(Enum):
    """Where a URL stands."""

    TEXT = "text"
    """In plain text, with its scheme."""
    BARE = "bare"
    """In plain text, as a host name alone: clients make links of many of them."""
    SHOWN = "shown"
    """In the visible text of HTML."""
    LINK = "link"
    IMAGE = "image"
    FORM = "form"
    REDIRECT = "redirect"
    """A meta refresh or a base."""
    EMBEDDED = "embedded"
    """A frame, object, style sheet or script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """A URL, as written and as understood."""

    raw: str
    scheme: str
    """Lower case; ``http`` where none is written."""
    host: str
    """Lower case, A-labels, IPv4 addresses in dotted form; empty when there is none."""
    port: int | None = None
    userinfo: str = ""
    rest: str = ""
    """Path, query and fragment."""
    found: Found = Found.TEXT
    shown: str = ""
    """What the reader sees in its place, for links."""

    @property
    def is_numeric(self) -> bool:
        """Tell whether the host is an IP address."""
        return self.host.startswith("[") or _DOTTED.fullmatch(self.host) is not None

    @property
    def text(self) -> str:
        """The URL in a uniform spelling, without user and port."""
        return f"{self.scheme}://{self.host}{self.rest}"


MAX_HOST = 255
_SPECIAL = frozenset({"http", "https", "ftp", "ws", "wss"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):")
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_REMOVED = str.maketrans("", "", "\t\r\n")
_CONTROL = "".join(map(chr, range(33)))
_AUTHORITY_END = re.compile(r"[/\\?#]")
_GENERIC_AUTHORITY_END = re.compile(r"[/?#]")
_TLDS = (
    "com|net|org|info|biz|edu|gov|mil|int|xyz|top|online|site|shop|club|app|dev|live|store|icu|vip|pro|link|click|space|"
    "website|tech|work|fun|cloud|page|blog|press|email|support|world|life|today|news|services|agency|eu|de|uk|fr|nl|be|"
    "ch|at|it|es|pt|se|no|dk|fi|pl|cz|sk|hu|ro|bg|gr|ie|us|ca|mx|br|ar|cl|au|nz|jp|cn|tw|hk|kr|in|sg|th|vn|id|ph|my|ru|"
    "su|ua|by|kz|tr|ir|il|ae|sa|za|ng|ke|eg|ma|tn|gq|tk|ml|ga|cf|cc|tv|co|io|me|ly|to|ws|nu|gg|gl|ai|im|is|lt|lv|ee|lu|"
    "rs|hr|si|cfd|sbs|cyou|rest|buzz|monster|quest|bond|lol|zip|mov"
)
_SLASHES = re.compile(r":[/\\]")
_WWW = re.compile(r"www\d{0,2}\.\w")
_SCHEMES = ("http", "https", "ftp", "hxxp", "hxxps")
_LONGEST_SCHEME = 6
_UNTIL = re.compile(r"[^\s<>\"\x00-\x20\u00a0\u200b\u3000\u3002\uff0c]{0,8192}")
_BARE_END = re.compile(
    rf"\.(?:{_TLDS})(?![\w@-]|\.\w)((?::\d{{2,5}})?[/?#][^\s<>\"\u00a0]{{0,2048}})?", re.IGNORECASE
)
_BARE_START = re.compile(r"[^\w.-]")
_TRAILING = ".,;:!?'\"*_~|}]>»”’"
_DEFANGED = ("hxxp", "http")


def parse(raw: str, found: Found = Found.TEXT, shown: str = "") -> Url | None:
    """Return ``raw`` as a browser understands it; None when it is no URL with a scheme."""
    text = raw.strip(_CONTROL)
    if "\n" in text or "\t" in text or "\r" in text:
        text = text.translate(_REMOVED)
    match = _SCHEME.match(text)
    if match is None:
        return None
    scheme = match[1].lower()
    if scheme.startswith("hxxp"):
        scheme = scheme.replace(*_DEFANGED)
    rest = text[match.end() :]
    if scheme in _SPECIAL:
        return _special(raw, scheme, rest.lstrip("/\\"), found, shown)
    if rest.startswith("//"):
        end = _GENERIC_AUTHORITY_END.search(rest, 2)
        cut = end.start() if end else len(rest)
        userinfo, host, port = _authority(rest[2:cut])
        return Url(
            raw=raw,
            scheme=scheme,
            host=host,
            port=port,
            userinfo=userinfo,
            rest=rest[cut:],
            found=found,
            shown=shown,
        )
    return Url(raw=raw, scheme=scheme, host="", rest=rest, found=found, shown=shown)


def _special(raw: str, scheme: str, rest: str, found: Found, shown: str) -> Url:
    end = _AUTHORITY_END.search(rest)
    cut = end.start() if end else len(rest)
    userinfo, host, port = _authority(rest[:cut])
    tail = rest[cut:]
    if "\\" in tail:
        path = re.match(r"[^?#]*", tail)
        assert path is not None
        tail = path[0].replace("\\", "/") + tail[path.end() :]
    return Url(
        raw=raw,
        scheme=scheme,
        host=host,
        port=port,
        userinfo=userinfo,
        rest=tail or "/",
        found=found,
        shown=shown,
    )


def _authority(authority: str) -> tuple[str, str, int | None]:
    userinfo, _, host = authority.rpartition("@")
    port: int | None = None
    name, colon, digits = host.rpartition(":")
    if colon and digits.isascii() and digits.isdigit() and not host.endswith("]"):
        host, port = name, int(digits[:6])
    elif colon and not digits:
        host = name
    return userinfo, host_of(host[: MAX_HOST * 4]), port


@lru_cache(maxsize=4096)
def host_of(written: str) -> str:
    """Return the host that ``written`` means: decoded, folded, in A-labels; numbers as an address."""
    host = unquote(written) if "%" in written else written
    if host.startswith("["):
        address, bracket, rest = host.partition("]")
        return _ipv6(address + bracket if rest.startswith(":") else host)
    # What is left of a port that is none, as in ``a.example::80``, is not part of the name.
    host = host.partition(":")[0]
    if not host.isascii():
        host = _a_labels(host)
    host = host.lower().rstrip(".")
    if host and (host[-1].isdigit() or "0x" in host):
        return _ipv4(host) or host[:MAX_HOST]
    return host[:MAX_HOST]


def _a_labels(host: str) -> str:
    try:
        return idna.encode(host, uts46=True, std3_rules=False, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError, ValueError):
        return host.replace("\N{IDEOGRAPHIC FULL STOP}", ".")


def _ipv6(host: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(host.strip('[]')).compressed}]"
    except ValueError:
        return host.lower()[:MAX_HOST]


def _ipv4(host: str) -> str:
    """Return the address that a host of numbers means: decimal, octal, hexadecimal, one to four of them."""
    numbers: list[int] = []
    for label in host.split("."):
        number = _number(label)
        if number is None or len(numbers) == 4:
            return ""
        numbers.append(number)
    *first, last = numbers
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(numbers)):
        return ""
    value = last + sum(number << (8 * (3 - place)) for place, number in enumerate(first))
    return str(ipaddress.IPv4Address(value))


def _number(label: str) -> int | None:
    if not label or len(label) > 20 or not label.isascii():
        return None
    try:
        if label.startswith("0x"):
            return int(label[2:] or "0", 16)
        if len(label) > 1 and label[0] == "0":
            return int(label, 8)
        return int(label) if label.isdigit() else None
    except ValueError:
        return None


def in_text(text: str, found: Found = Found.TEXT) -> Iterator[Url]:
    """Yield the URLs in ``text`` in order of kind: written out first, bare host names after them."""
    spans: list[tuple[int, int]] = []
    for start, written_out in _starts(text):
        if spans and start < spans[-1][1]:
            continue
        end = _UNTIL.match(text, start).end()  # type: ignore[union-attr]
        spans.append((start, end))
        raw = _trimmed(text[start:end])
        url = parse(raw if written_out else f"http://{raw}", found)
        if url is not None and url.host:
            yield url
    yield from _bare(text, spans)


def _starts(text: str) -> list[tuple[int, bool]]:
    """Return where URLs begin, and whether with a scheme, in order."""
    starts: list[tuple[int, bool]] = []
    for match in _SLASHES.finditer(text):
        colon = match.start()
        before = text[max(0, colon - _LONGEST_SCHEME) : colon].lower()
        letters = before[len(before.rstrip("abcdefghijklmnopqrstuvwxyz")) :]
        scheme = next((s for s in _SCHEMES if letters.endswith(s)), "")
        if scheme:
            scheme = (
                "https" if letters.endswith("https") else "hxxps" if letters.endswith("hxxps") else scheme
            )
            starts.append((colon - len(scheme), True))
    # A literal in one case is looked for many times faster than a class of letters.
    for match in _WWW.finditer(text.replace("W", "w")):
        before = text[match.start() - 1 : match.start()]
        if not before or not (before.isalnum() or before in "@./-_"):
            starts.append((match.start(), False))
    starts.sort()
    return starts


def _bare(text: str, spans: list[tuple[int, int]]) -> Iterator[Url]:
    """Yield host names that stand alone in ``text`` outside ``spans``."""
    span = 0
    for match in _BARE_END.finditer(text):
        while span < len(spans) and spans[span][1] <= match.start():
            span += 1
        if span < len(spans) and spans[span][0] <= match.start():
            continue
        begin = max(0, match.start() - MAX_HOST)
        host = _BARE_START.split(text[begin : match.start()])[-1].lstrip(".-")
        if not host or ".." in host:
            continue
        first = match.start() - len(host)
        if first and text[first - 1] in "@./-=:\\$":
            continue
        url = parse(f"http://{_trimmed(text[first : match.end()])}", Found.BARE)
        if url is not None:
            yield url


def _trimmed(raw: str) -> str:
    """Return ``raw`` without the punctuation of the sentence around it."""
    trimmed = raw.rstrip(_TRAILING)
    while trimmed.endswith(")") and trimmed.count(")") > trimmed.count("("):
        trimmed = trimmed[:-1].rstrip(_TRAILING)
    return trimmed
