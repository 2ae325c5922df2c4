"""Parameters of MAIL and RCPT: SIZE, BODY, SMTPUTF8 and those of DSNs (RFC 1870, 6152, 6531, 3461).

Unknown ones are answered 555, malformed or repeated ones 501 (RFC 5321 §4.1.1.11).  Text in xtext
stays in xtext; it is decoded here only to refuse what would be a control character in a DSN.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from lazaretto.protocol.syntax import BadSyntax

_KEYWORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*\Z")
_XTEXT: Final = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+\Z")
_HEX: Final = re.compile(r"\+([0-9A-F]{2})")
_ADDRESS_TYPE: Final = re.compile(r"[A-Za-z0-9-]{1,63}\Z")
_MAX_ENVID: Final = 100
_MAX_ORIGINAL: Final = 500
_MAX_SIZE_DIGITS: Final = 20
_NOTIFY_WORDS: Final = ("SUCCESS", "FAILURE", "DELAY")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailParameters:
    """What MAIL said besides the reverse path."""

    size: int | None = None
    """Octets that the client announces; None when it does not say."""
    body: str = "7BIT"
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RcptParameters:
    """What RCPT said besides the forward path."""

    notify: tuple[str, ...] = ()
    original: str = ""


_NO_MAIL_PARAMETERS: Final = MailParameters()
_NO_RCPT_PARAMETERS: Final = RcptParameters()
_OF_MAIL: Final = frozenset({"SIZE", "BODY", "SMTPUTF8", "RET", "ENVID"})
_OF_RCPT: Final = frozenset({"NOTIFY", "ORCPT"})


def mail_parameters(text: str) -> MailParameters:
    """Return the parameters of MAIL in ``text``; raise ``BadSyntax`` for any that we do not keep."""
    if not text:
        return _NO_MAIL_PARAMETERS
    given = _split(text, _OF_MAIL)
    return MailParameters(
        size=_size(given["SIZE"]) if "SIZE" in given else None,
        body=_one_of(given.get("BODY", "7BIT"), ("7BIT", "8BITMIME"), "BODY"),
        smtputf8=_flag(given, "SMTPUTF8"),
        ret=_one_of(given["RET"], ("FULL", "HDRS"), "RET") if "RET" in given else "",
        envid=_xtext(given["ENVID"], _MAX_ENVID, "ENVID") if "ENVID" in given else "",
    )


def rcpt_parameters(text: str) -> RcptParameters:
    """Return the parameters of RCPT in ``text``; raise ``BadSyntax`` for any that we do not keep."""
    if not text:
        return _NO_RCPT_PARAMETERS
    given = _split(text, _OF_RCPT)
    return RcptParameters(
        notify=_notify(given["NOTIFY"]) if "NOTIFY" in given else (),
        original=_original(given["ORCPT"]) if "ORCPT" in given else "",
    )


def _split(text: str, known: Container[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for word in filter(None, text.split(" ")):
        keyword, equals, value = word.partition("=")
        name = keyword.upper()
        if not _KEYWORD.match(keyword) or name not in known:
            raise BadSyntax(555, "5.5.4", "parameter not recognised")
        if name in given:
            raise BadSyntax(501, "5.5.4", f"{name} given twice")
        if bool(equals) is (name == "SMTPUTF8"):
            raise _malformed(name)
        given[name] = value
    return given


def _flag(given: dict[str, str], name: str) -> bool:
    return name in given


def _size(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= _MAX_SIZE_DIGITS):
        raise _malformed("SIZE")
    return int(value)


def _one_of(value: str, allowed: tuple[str, ...], name: str) -> str:
    word = value.upper()
    if word not in allowed:
        raise _malformed(name)
    return word


def _notify(value: str) -> tuple[str, ...]:
    words = tuple(value.upper().split(","))
    if words == ("NEVER",):
        return words
    if len(set(words)) != len(words) or not all(word in _NOTIFY_WORDS for word in words):
        raise _malformed("NOTIFY")
    return words


def _original(value: str) -> str:
    kind, semicolon, address = value.partition(";")
    if not semicolon or not _ADDRESS_TYPE.match(kind):
        raise _malformed("ORCPT")
    _xtext(address, _MAX_ORIGINAL, "ORCPT")
    return value


def _xtext(value: str, longest: int, name: str) -> str:
    if len(value) > longest or not _XTEXT.match(value):
        raise _malformed(name)
    # Whoever decodes this for a DSN must never meet a NUL or a line end.
    if any(not 0x20 <= int(code, 16) <= 0x7E for code in _HEX.findall(value)):
        raise _malformed(name)
    return value


def _malformed(name: str) -> BadSyntax:
    return BadSyntax(501, "5.5.4", f"malformed {name}")
