"""The arguments of MAIL, RCPT, HELO and EHLO (RFC 5321 §4.1.2, RFC 6531 §3.3).

The grammar is kept where an address decides where mail goes, and lenient where real senders are not
careful and nothing hangs on it: a blank behind the colon, dots in a row in a local part.  Source
routes are read and ignored, as RFC 5321 appendix C asks: only the last mailbox counts.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import idna

from lazaretto.core.address import Address
from lazaretto.protocol.parameters import (
    MailParameters,
    RcptParameters,
    mail_parameters,
    rcpt_parameters,
)
from lazaretto.protocol.syntax import BadSyntax

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u0080-\U0010ffff]+"
_QUOTED: Final = r'"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*"'
_NAME: Final = r"[A-Za-z0-9._\-\u0080-\U0010ffff]+"
_LITERAL: Final = r"\[[0-9A-Za-z:.\-]+\]"
_PATH: Final = re.compile(
    rf" *<(?:@{_NAME}(?:,@{_NAME})*:)?"
    rf"(?:(?P<local>{_ATOM}|{_QUOTED})@(?P<domain>{_NAME}|{_LITERAL})|(?P<bare>{_ATOM}))?"
    r">(?: +(?P<parameters>.*))?\Z"
)
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_PLAIN_LOCAL: Final = re.compile(rf"{_ATOM}\Z")
_ESCAPED: Final = re.compile(r"\\(.)")
_MAX_LOCAL: Final = 128
"""RFC 5321 §4.5.3.1.1 asks for 64; reverse paths that carry a key for bounces are longer."""
_MAX_ADDRESS: Final = 320
_MAX_DOMAIN: Final = 253
_MAX_HELO: Final = 255


@dataclass(frozen=True, slots=True)
class MailCommand:
    """What MAIL asks for; ``reverse_path`` is None when it is null."""

    reverse_path: Address | None
    parameters: MailParameters


@dataclass(frozen=True, slots=True)
class RcptCommand:
    """What RCPT asks for; ``address`` is None for the bare ``<postmaster>``."""

    address: Address | None
    parameters: RcptParameters


def parse_mail(argument: bytes) -> MailCommand:
    """Return what follows ``MAIL``.  Raises ``BadSyntax``."""
    path = _path(argument, "FROM:")
    if path["bare"]:
        raise BadSyntax(553, "5.1.7", "the reverse path needs a domain")
    parameters = mail_parameters(path["parameters"] or "")
    if path["local"] is None:
        if "@" in path.group():
            raise BadSyntax(553, "5.1.7", "the reverse path needs a mailbox")
        return MailCommand(None, parameters)
    return MailCommand(_address(path, smtputf8=parameters.smtputf8), parameters)


def parse_rcpt(argument: bytes, *, smtputf8: bool) -> RcptCommand:
    """Return what follows ``RCPT``; addresses beyond ASCII need ``smtputf8``.  Raises ``BadSyntax``."""
    path = _path(argument, "TO:")
    parameters = rcpt_parameters(path["parameters"] or "")
    if path["local"] is not None:
        return RcptCommand(_address(path, smtputf8=smtputf8), parameters)
    if path["bare"] and path["bare"].lower() == "postmaster" and "@" not in path.group().partition(">")[0]:
        return RcptCommand(None, parameters)
    raise BadSyntax(553, "5.1.3", "the recipient needs a mailbox and a domain")


def parse_helo(argument: bytes) -> str:
    """Return the name that a client gives itself: anything printable of ASCII without blanks.

    What it says is a claim; half of the world's printers claim to be ``localhost``.
    """
    if not argument or len(argument) > _MAX_HELO or b" " in argument or not argument.isascii():
        raise BadSyntax(501, "5.5.4", "a host name is needed")
    name = argument.decode("ascii")
    if not name.isprintable():
        raise BadSyntax(501, "5.5.4", "a host name is needed")
    return name


def parse_domain(name: str) -> str:
    """Return ``name`` in lower case, as A-labels.  Raises ``BadSyntax`` for what is no domain."""
    lower = name.lower() if name.isascii() else _a_labels(name)
    if len(lower) > _MAX_DOMAIN or not all(_LABEL.match(label) for label in lower.split(".")):
        raise BadSyntax(553, "5.1.3", "the domain is not well-formed")
    return lower


def _path(argument: bytes, keyword: str) -> re.Match[str]:
    try:
        text = argument.decode("utf-8")
    except UnicodeDecodeError:
        raise BadSyntax(553, "5.6.7", "the address is not UTF-8") from None
    if text[: len(keyword)].upper() != keyword:
        raise BadSyntax(501, "5.5.4", f"{keyword}<address> is needed")
    found = _PATH.match(text, len(keyword))
    if found is None:
        raise BadSyntax(553, "5.1.3", "the address is not well-formed")
    return found


def _address(path: re.Match[str], *, smtputf8: bool) -> Address:
    local, domain = path["local"], path["domain"]
    if not smtputf8 and not (local.isascii() and domain.isascii()):
        raise BadSyntax(553, "5.6.7", "addresses beyond ASCII need SMTPUTF8")
    local = _plain(local)
    if not local.isprintable() or len(local.encode()) > _MAX_LOCAL:
        raise BadSyntax(553, "5.1.3", "the local part is not well-formed")
    address = Address(local, domain.lower() if domain.startswith("[") else parse_domain(domain))
    if len(address.local) + len(address.domain) >= _MAX_ADDRESS:
        raise BadSyntax(553, "5.1.3", "the address is too long")
    return address


def _plain(local: str) -> str:
    """Return the one spelling of a local part: quoted only where it has to be, composed (NFC)."""
    if not local.isascii():
        local = unicodedata.normalize("NFC", local)
    if not local.startswith('"'):
        return local
    meant = _ESCAPED.sub(r"\1", local[1:-1])
    if _PLAIN_LOCAL.match(meant):
        return meant
    return '"' + meant.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _a_labels(name: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except idna.IDNAError as failure:
        raise BadSyntax(553, "5.1.3", "the domain is not well-formed") from failure
