"""Verifying DKIM signatures (RFC 6376, 8301, 8463) with keys that were asked for before.

Stricter than the standards where leniency would let a stranger speak for a domain: a signature
that leaves text of the body open, or is made in the name of a public suffix, never passes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lazaretto.core.facts import AuthResult, Dkim, DnsAnswer
from lazaretto.detect.authentication.canonical import BodyDigests
from lazaretto.detect.authentication.dkim_key import DkimKey, NoKey, key_of
from lazaretto.detect.authentication.fields import RawField, RawMessage
from lazaretto.detect.authentication.public_suffix import is_public_suffix
from lazaretto.detect.authentication.signature import (
    Coverage,
    Signature,
    coverage_of,
    identity_domain,
    signature_of,
    signed_header,
    tags_of,
    time_of,
)
from lazaretto.detect.authentication.tags import TagError, without_space

MOST_SIGNATURES = 10
FIELD_NAME = b"dkim-signature"

KeyLookup = Callable[[str], DnsAnswer | None]
"""Gives the TXT answer for a name; None when it was not asked."""

_READ_BY_PEOPLE = ("subject", "to", "cc", "reply-to", "date", "content-type", "content-transfer-encoding")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRules:
    """Which signatures count; the defaults are what mail is judged by."""

    smallest_rsa: int = 1024
    largest_rsa: int = 4096
    sha1: bool = False
    testing_keys: bool = False


STRICT = SignatureRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSignature:
    """A DKIM-Signature field without syntax errors."""

    signature: Signature
    coverage: Coverage
    identity: str
    identity_domain: str
    expires: int | None


def signature_fields(fields: tuple[RawField, ...]) -> list[RawField]:
    """Return the signatures that are looked at: the first ten, from the top."""
    return [field for field in fields if field.name == FIELD_NAME][:MOST_SIGNATURES]


def parse_signature(field: RawField) -> DkimSignature:
    """Return the signature in a field; raise ``TagError``."""
    tags = tags_of(field)
    if tags.get("v") != "1":
        raise TagError("unknown version")
    signature = signature_of(field, tags)
    coverage = coverage_of(tags, signature.hash_name)
    identity = without_space(tags.get("i", "")) or f"@{signature.domain}"
    domain = identity_domain(identity)
    signed_at, expires = time_of(tags, "t"), time_of(tags, "x")
    if b"from" not in coverage.fields:
        raise TagError("From is not signed")
    if domain != signature.domain and not domain.endswith("." + signature.domain):
        raise TagError("i= is not at or below d=")
    if "dns/txt" not in without_space(tags.get("q", "dns/txt")).split(":"):
        raise TagError("the key is not in the DNS")
    if signed_at is not None and expires is not None and expires <= signed_at:
        raise TagError("x= is not after t=")
    return DkimSignature(
        signature=signature, coverage=coverage, identity=identity, identity_domain=domain, expires=expires
    )


def verify_all(
    message: RawMessage,
    lookup: KeyLookup,
    now: datetime,
    digests: BodyDigests,
    rules: SignatureRules = STRICT,
) -> tuple[Dkim, ...]:
    """Return the outcome of every signature that is looked at, from the top."""
    parsed = [_parsed(field) for field in signature_fields(message.fields)]
    usable = [each for each in parsed if isinstance(each, DkimSignature)]
    digests.prepare(each.coverage.body for each in usable)
    return tuple(
        each if isinstance(each, Dkim) else _Verification(message, each, now, rules).outcome(lookup, digests)
        for each in parsed
    )


def _parsed(field: RawField) -> DkimSignature | Dkim:
    try:
        return parse_signature(field)
    except TagError as problem:
        return Dkim(result=AuthResult.PERMERROR, problem=str(problem), domain=_claimed_domain(field))


def _claimed_domain(field: RawField) -> str:
    """Return ``d=`` of a signature that is otherwise broken, for reports; empty when unreadable."""
    try:
        return tags_of(field).get("d", "").lower()[:253]
    except TagError:
        return ""


class _Verification:
    """One signature against one message."""

    def __init__(
        self, message: RawMessage, parsed: DkimSignature, now: datetime, rules: SignatureRules
    ) -> None:
        self._message = message
        self._parsed = parsed
        self._now = now
        self._rules = rules

    def outcome(self, lookup: KeyLookup, digests: BodyDigests) -> Dkim:
        """Return the result; the cheap reasons to refuse come before the expensive ones."""
        problem = self._veto()
        if problem:
            return self._dkim(AuthResult.PERMERROR, problem)
        key = key_of(lookup(self._parsed.signature.key_name))
        if isinstance(key, NoKey):
            return self._dkim(AuthResult.TEMPERROR if key.temporary else AuthResult.PERMERROR, key.problem)
        problem = self._key_veto(key)
        if problem:
            return self._dkim(AuthResult.PERMERROR, problem)
        return self._verified(key, digests)

    def _veto(self) -> str:
        signature, expires = self._parsed.signature, self._parsed.expires
        if signature.hash_name == "sha1" and not self._rules.sha1:
            return "SHA-1 proves nothing any more"
        if is_public_suffix(signature.domain):
            return "d= is a public suffix"
        if expires is not None and self._now.timestamp() > expires:
            return "the signature has expired"
        fields = self._message.fields
        if sum(field.name == b"from" for field in fields) > self._parsed.coverage.fields.count(b"from"):
            return "a From field is not signed"
        return ""

    def _key_veto(self, key: DkimKey) -> str:
        signature = self._parsed.signature
        if key.kind != signature.key_kind:
            return "the key is for another algorithm"
        if key.hash_names and signature.hash_name not in key.hash_names:
            return "the key is not for this hash"
        if key.kind == "rsa" and not self._rules.smallest_rsa <= key.bits <= self._rules.largest_rsa:
            return f"a key of {key.bits} bits is not accepted"
        if key.same_domain and self._parsed.identity_domain != signature.domain:
            return "the key does not allow sub-domains in i="
        return ""

    def _verified(self, key: DkimKey, digests: BodyDigests) -> Dkim:
        signature, coverage = self._parsed.signature, self._parsed.coverage
        body = digests.of(coverage.body)
        limit = coverage.body.limit
        if limit is not None and limit > body.length:
            return self._dkim(AuthResult.PERMERROR, "l= is beyond the body")
        if body.digest != coverage.body_hash:
            return self._dkim(AuthResult.FAIL, "the body was changed")
        signed = signed_header(self._message.fields, signature.field, coverage)
        if not key.verifies(signature.octets, signed, signature.hash_name):
            return self._dkim(AuthResult.FAIL, "the header was changed, or the key is another")
        if key.testing and not self._rules.testing_keys:
            # RFC 6376 §3.6.1: not to be treated differently from unsigned mail.
            return self._dkim(AuthResult.NONE, "the key is for tests")
        if limit is not None and limit < body.length:
            return self._dkim(AuthResult.POLICY, "text was added behind l=", body_covered=False)
        return self._dkim(AuthResult.PASS, unsigned=self._left_open())

    def _left_open(self) -> tuple[str, ...]:
        signed = self._parsed.coverage.fields
        present = [field.name for field in self._message.fields]
        return tuple(
            name
            for name in _READ_BY_PEOPLE
            if present.count(name.encode("ascii")) > signed.count(name.encode("ascii"))
        )

    def _dkim(
        self,
        result: AuthResult,
        problem: str = "",
        *,
        body_covered: bool = True,
        unsigned: tuple[str, ...] = (),
    ) -> Dkim:
        signature = self._parsed.signature
        return Dkim(
            result=result,
            domain=signature.domain,
            selector=signature.selector,
            identity=self._parsed.identity,
            algorithm=signature.algorithm,
            problem=problem,
            body_covered=body_covered,
            unsigned=unsigned,
        )
