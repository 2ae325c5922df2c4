"""Reading the tags that DKIM-Signature (RFC 6376 §3.5) and ARC's seals share."""

from __future__ import annotations

import re
from dataclasses import dataclass

import idna

from lazaretto.detect.authentication.canonical import BodyForm, relaxed_field
from lazaretto.detect.authentication.fields import RawField
from lazaretto.detect.authentication.tags import (
    WSP,
    TagError,
    number_of,
    octets_of,
    parse_tags,
    without_space,
)

MOST_SIGNED_FIELDS = 200
LARGEST_SIGNATURE_FIELD = 32_768

_ALGORITHMS = {
    "rsa-sha256": ("rsa", "sha256"),
    "ed25519-sha256": ("ed25519", "sha256"),
    "rsa-sha1": ("rsa", "sha1"),
}
_FORMS = {"simple": False, "relaxed": True}
_DOMAIN = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII
)
_FIELD_NAME = re.compile(r"[!-9;-~]+", re.ASCII)
_QUOTED = re.compile(r"=([0-9A-F]{2})", re.ASCII)
_SIGNATURE_TAG = re.compile(rb"(\A|;)([ \t\r\n]*b[ \t\r\n]*=)[^;]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What every seal has: who signed, with which key and algorithm, and the signature itself."""

    field: RawField
    domain: str
    selector: str
    key_kind: str
    hash_name: str
    octets: bytes

    @property
    def algorithm(self) -> str:
        """As in ``a=``."""
        return f"{self.key_kind}-{self.hash_name}"

    @property
    def key_name(self) -> str:
        """The name in the DNS where the key stands."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What of the message is signed, and how it is brought into form."""

    header_relaxed: bool
    body: BodyForm
    body_hash: bytes
    fields: tuple[bytes, ...]
    """Names of the signed fields, lower case, in order."""


def tags_of(field: RawField) -> dict[str, str]:
    """Return the tags of a signature field; raise ``TagError``."""
    if len(field.raw) > LARGEST_SIGNATURE_FIELD:
        raise TagError("the signature field is too long")
    try:
        return parse_tags(field.value.decode("utf-8"))
    except UnicodeDecodeError as problem:
        raise TagError("the signature field is not UTF-8") from problem


def required(tags: dict[str, str], name: str) -> str:
    """Return the value of a tag that must be there and not be empty; raise ``TagError``."""
    value = tags.get(name, "")
    if not value:
        raise TagError(f"{name}= is missing")
    return value


def signature_of(field: RawField, tags: dict[str, str]) -> Signature:
    """Return the parts that identify key and signature; raise ``TagError``."""
    algorithm = _ALGORITHMS.get(required(tags, "a"))
    if algorithm is None:
        raise TagError("unknown algorithm")
    return Signature(
        field=field,
        domain=domain_of(required(tags, "d")),
        selector=domain_of(required(tags, "s")),
        key_kind=algorithm[0],
        hash_name=algorithm[1],
        octets=octets_of(required(tags, "b")),
    )


def coverage_of(tags: dict[str, str], hash_name: str, unsaid: str = "simple/simple") -> Coverage:
    """Return what is signed; names left empty in ``h=`` cover nothing; raise ``TagError``.

    ``unsaid`` is the form where there is no ``c=``.
    """
    # A body form that is not said is simple (RFC 6376 §3.5, c=).
    header_form, slash, body_form = tags.get("c", unsaid).partition("/")
    body_form = body_form if slash else "simple"
    if header_form not in _FORMS or body_form not in _FORMS:
        raise TagError("unknown canonicalization")
    limit = number_of(tags["l"]) if "l" in tags else None
    return Coverage(
        header_relaxed=_FORMS[header_form],
        body=BodyForm(_FORMS[body_form], hash_name, limit),
        body_hash=octets_of(required(tags, "bh")),
        fields=_field_names(tags),
    )


def time_of(tags: dict[str, str], name: str) -> int | None:
    """Return the seconds since 1970 in a tag; None when it is absent; raise ``TagError``."""
    return number_of(tags[name]) if name in tags else None


def domain_of(text: str) -> str:
    """Return a domain or selector lower case in A-labels; raise ``TagError``."""
    name = text.lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError, ValueError, IndexError) as problem:
            raise TagError("not a domain") from problem
    if len(name) > 253 or not _DOMAIN.fullmatch(name):
        raise TagError("not a domain")
    return name


def signed_header(fields: tuple[RawField, ...], field: RawField, coverage: Coverage) -> bytes:
    """Return the octets that the signature in ``field`` is over (RFC 6376 §3.7)."""
    by_name: dict[bytes, list[RawField]] = {}
    for each in fields:
        if each is not field:
            by_name.setdefault(each.name, []).append(each)
    pieces: list[bytes] = []
    for name in coverage.fields:
        # Bottom up: the newest instance, on top, is the last to be covered (§5.4.2).
        left = by_name.get(name)
        if left:
            raw = left.pop().raw
            pieces.append(relaxed_field(raw) if coverage.header_relaxed else raw)
    own = unsigned_form(field)
    pieces.append((relaxed_field(own) if coverage.header_relaxed else own).removesuffix(b"\r\n"))
    return b"".join(pieces)


def unsigned_form(field: RawField) -> bytes:
    """Return the field with the value of its ``b=`` taken out."""
    name, colon, value = field.raw.partition(b":")
    bare = _SIGNATURE_TAG.sub(rb"\1\2", value, count=1)
    return name + colon + (bare if bare.endswith(b"\r\n") else bare + b"\r\n")


def _field_names(tags: dict[str, str]) -> tuple[bytes, ...]:
    if "h" not in tags:
        raise TagError("h= is missing")
    names = [name.strip(WSP) for name in tags["h"].split(":", MOST_SIGNED_FIELDS)]
    if len(names) > MOST_SIGNED_FIELDS:
        raise TagError("h= names too many fields")
    if not all(_FIELD_NAME.fullmatch(name) for name in names if name):
        raise TagError("h= is malformed")
    return tuple(name.lower().encode("ascii") for name in names if name)


def identity_domain(identity: str) -> str:
    """Return the domain of an ``i=``; raise ``TagError``."""
    # dkim-quoted-printable (RFC 6376 §2.11): any octet may stand as =XX.
    plain = _QUOTED.sub(lambda octet: chr(int(octet[1], 16)), without_space(identity))
    _, at, domain = plain.rpartition("@")
    if not at:
        raise TagError("i= is not an address")
    return domain_of(domain)
