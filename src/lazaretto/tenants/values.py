"""The values of documents: domains, mail addresses, networks and senders, in their one spelling."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from enum import Enum
from typing import Annotated, Final

import idna
from pydantic import AfterValidator

from lazaretto.core.address import fold

_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")
_HOST: Final = re.compile(r"[A-Za-z0-9._:\[\]-]{1,253}")
_FIELD_NAME: Final = re.compile(r"X-[A-Za-z0-9-]{1,70}")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
_TOKEN: Final = re.compile(r"[!-~]{16,200}")
_LIST_NAME: Final = re.compile(r"[!-;=?-~]{1,255}")
_OUR_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_PLAIN_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
MAX_ADDRESS: Final = 254


class SenderKind(Enum):
    """What an entry of a list of senders is."""

    ADDRESS = "address"
    DOMAIN = "domain"
    NETWORK = "network"


def domain_name(text: str) -> str:
    """Return ``text`` as a lower-case domain of A-labels."""
    if len(text) > MAX_ADDRESS:
        raise ValueError(f'"{text[:40]}…" is too long for a domain; write it like customer.example')
    lowered = text.lower().rstrip(".")
    if not lowered.isascii():
        try:
            lowered = idna.encode(lowered, uts46=True).decode("ascii")
        except idna.IDNAError as failure:
            raise ValueError(f'"{text}" is not a domain; write it like customer.example') from failure
    labels = lowered.split(".")
    if len(lowered) > 253 or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(f'"{text}" is not a domain; write it like customer.example')
    return lowered


def mail_address(text: str) -> str:
    """Return ``text`` with its local part as written (NFC) and its domain in the one spelling."""
    if len(text) > MAX_ADDRESS:
        raise ValueError(
            f'"{text[:40]}…" is too long for a mail address; the most is {MAX_ADDRESS} characters'
        )
    local, at, domain = text.rpartition("@")
    usable = _PLAIN_LOCAL.fullmatch(local) if local.isascii() else _is_readable(local)
    if not at or not usable:
        raise ValueError(f'"{text}" is not a mail address; write it like name@customer.example')
    return f"{unicodedata.normalize('NFC', local)}@{domain_name(domain)}"


def network(text: str) -> str:
    """Return ``text`` as CIDR; a single address is a network of one."""
    if len(text) > MAX_ADDRESS:
        raise ValueError(f'"{text[:40]}…" is too long for a network; write it like 192.0.2.0/28')
    try:
        return str(ipaddress.ip_network(text, strict=True))
    except ValueError:
        pass
    try:
        loose = ipaddress.ip_network(text, strict=False)
    except ValueError as failure:
        raise ValueError(f'"{text}" is not a network; write it like 192.0.2.0/28') from failure
    raise ValueError(f'"{text}" has bits set behind the prefix; write {loose}')


def sender(text: str) -> str:
    """Return an entry of a list of senders in its one spelling."""
    kind = kind_of_sender(text)
    if kind is SenderKind.NETWORK:
        return network(text)
    return mail_address(text) if kind is SenderKind.ADDRESS else domain_name(text.removeprefix("*."))


def stranger(text: str) -> str:
    """Return an address or a domain in its one spelling, folded; no network."""
    if kind_of_sender(text) is SenderKind.NETWORK:
        raise ValueError(f'"{text[:80]}" is a network; write an address or a domain, like partner.example')
    return fold(sender(text))


def kind_of_sender(text: str) -> SenderKind:
    """Return what ``text`` is meant to be."""
    if "@" in text:
        return SenderKind.ADDRESS
    if "/" in text or ":" in text or re.fullmatch(r"[0-9.]+", text):
        return SenderKind.NETWORK
    return SenderKind.DOMAIN


def host(text: str) -> str:
    """Return a host's name or IP address."""
    if not _HOST.fullmatch(text):
        raise ValueError(f'"{text}" is not a host; write a name or an IP address')
    return text.lower().strip("[]").rstrip(".")


def tenant_name(text: str) -> str:
    """Return a tenant's name: it stands in commands, paths and logs."""
    if not _OUR_NAME.fullmatch(text):
        raise ValueError(f'"{text}" is not a name; use lower-case letters, digits, ".", "_" and "-"')
    return text


def group_name(text: str) -> str:
    """Return the name of a group of people: one short line."""
    if not 0 < len(text) <= 80 or not text.isprintable() or text != text.strip():
        raise ValueError(f'"{text[:80]}" is not a name; use up to 80 printable characters')
    return unicodedata.normalize("NFC", text)


def address_pattern(text: str) -> str:
    """Return a pattern of addresses: one ``*`` in the local part, a domain behind the ``@``."""
    local, at, domain = text.rpartition("@")
    if not at or local.count("*") != 1 or not _PLAIN_LOCAL.fullmatch(local):
        raise ValueError(f'"{text}" is not a pattern; write it like ticket-*@customer.example')
    return f"{local.lower()}@{domain_name(domain)}"


def list_name(text: str) -> str:
    """Return what stands between ``<`` and ``>`` of a List-Id field (RFC 2919), in lower case."""
    plain = text.strip().removeprefix("<").removesuffix(">").lower()
    if not _LIST_NAME.fullmatch(plain):
        raise ValueError(f'"{text[:80]}" is no list; write what its List-Id says, like news.shop.example')
    return plain


def field_name(text: str) -> str:
    """Return the name of a header field that a tenant may add."""
    if not _FIELD_NAME.fullmatch(text):
        raise ValueError(f'"{text}" cannot be added; use a name that begins with "X-"')
    return text


def fingerprint(text: str) -> str:
    """Return the SHA-256 fingerprint of a certificate as 64 lower-case digits, without colons."""
    digits = text.replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(digits):
        raise ValueError(f'"{text[:80]}" is not a SHA-256 fingerprint; it has 64 hexadecimal digits')
    return digits


def token(text: str) -> str:
    """Return a secret that stands in a header field: printable ASCII without blanks."""
    if not _TOKEN.fullmatch(text):
        raise ValueError("a token has 16 to 200 printable ASCII characters and no blank; make a random one")
    return text


def one_line(text: str) -> str:
    """Return text for a header field: one line of printable characters."""
    # Names are pasted from documents, which are full of no-break spaces.
    plain = text.replace("\xa0", " ")
    if not plain.isprintable():
        raise ValueError("it must be one line of printable characters; remove the others")
    return unicodedata.normalize("NFC", plain)


def _is_readable(local: str) -> bool:
    plain = local.isprintable() and not set(local) & set(' "(),:;<>@[\\]')
    return 0 < len(local.encode("utf-8", "replace")) <= 64 and plain


DomainName = Annotated[str, AfterValidator(domain_name)]
MailAddress = Annotated[str, AfterValidator(mail_address)]
Stranger = Annotated[str, AfterValidator(stranger)]
Network = Annotated[str, AfterValidator(network)]
Host = Annotated[str, AfterValidator(host)]
TenantName = Annotated[str, AfterValidator(tenant_name)]
GroupName = Annotated[str, AfterValidator(group_name)]
AddressPattern = Annotated[str, AfterValidator(address_pattern)]
ListName = Annotated[str, AfterValidator(list_name)]
FieldName = Annotated[str, AfterValidator(field_name)]
Fingerprint = Annotated[str, AfterValidator(fingerprint)]
Token = Annotated[str, AfterValidator(token)]
OneLine = Annotated[str, AfterValidator(one_line)]
