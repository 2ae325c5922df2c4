"""Validating ARC chains (RFC 8617 §5.2): who passed the message on, and is their story intact?

A valid chain says only that its sealers saw what they say they saw.  Whether to believe them is
policy's; nobody is believed for sealing alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lazaretto.core.facts import Arc, AuthResult, DnsAnswer
from lazaretto.detect.authentication.canonical import BodyDigests, relaxed_field
from lazaretto.detect.authentication.dkim import STRICT, KeyLookup, SignatureRules
from lazaretto.detect.authentication.dkim_key import DkimKey, NoKey, key_of
from lazaretto.detect.authentication.fields import RawField, RawMessage
from lazaretto.detect.authentication.public_suffix import is_public_suffix
from lazaretto.detect.authentication.signature import (
    Coverage,
    Signature,
    coverage_of,
    required,
    signature_of,
    signed_header,
    tags_of,
    time_of,
    unsigned_form,
)
from lazaretto.detect.authentication.tags import TagError, number_of

MOST_SETS = 50

_RESULTS = b"arc-authentication-results"
_MESSAGE_SIGNATURE = b"arc-message-signature"
_SEAL = b"arc-seal"
_NAMES = (_RESULTS, _MESSAGE_SIGNATURE, _SEAL)
_INSTANCE = re.compile(rb"[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*(\d{1,3})[ \t\r\n]*;")
_FIRST_VALIDATION, _LATER_VALIDATION = "none", "pass"
FAILED_VALIDATION = "fail"
"""``cv=`` of a seal that says that the chain was broken before it."""


class _BrokenError(Exception):
    """The chain does not hold; the text says where."""


class _UnknownError(Exception):
    """The DNS did not answer: nothing can be said now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcSet:
    """The three fields that one hop added."""

    instance: int
    results: RawField
    message_field: RawField
    message_signature: Signature
    coverage: Coverage
    seal_field: RawField
    seal: Signature
    validation: str
    """``cv=`` of the seal."""


def chain_of(fields: tuple[RawField, ...]) -> tuple[ArcSet, ...]:
    """Return the sets, oldest first; empty without ARC; raise ``TagError`` when it is malformed."""
    found: dict[tuple[bytes, int], RawField] = {}
    for field in fields:
        if field.name in _NAMES:
            place = (field.name, _instance_of(field))
            if place in found:
                raise TagError(f"two {field.name.decode()} fields of one instance")
            found[place] = field
    count = max((instance for _, instance in found), default=0)
    if len(found) != 3 * count:
        raise TagError("a set is not complete")
    return tuple(_set_of(instance, found) for instance in range(1, count + 1))


def key_names(fields: tuple[RawField, ...], most: int) -> list[str]:
    """Return the names of the keys that validating takes, newest set first; none if malformed."""
    try:
        chain = chain_of(fields)
    except TagError:
        return []
    wanted: dict[str, None] = {}
    for each in reversed(chain):
        wanted[each.seal.key_name] = None
        if each is chain[-1]:
            wanted[each.message_signature.key_name] = None
    return list(wanted)[:most]


def validate(
    message: RawMessage, lookup: KeyLookup, digests: BodyDigests, rules: SignatureRules = STRICT
) -> Arc:
    """Return what the chain is worth: none, pass, fail, or temperror when the DNS was silent."""
    try:
        chain = chain_of(message.fields)
    except TagError as problem:
        return Arc(result=AuthResult.FAIL, problem=str(problem))
    if not chain:
        return Arc()
    sealers = tuple(each.seal.domain for each in chain)
    try:
        _check(message, chain, lookup, digests, rules)
    except _BrokenError as problem:
        return Arc(result=AuthResult.FAIL, sealers=sealers, problem=str(problem))
    except _UnknownError as problem:
        return Arc(result=AuthResult.TEMPERROR, sealers=sealers, problem=str(problem))
    return Arc(result=AuthResult.PASS, sealers=sealers)


def _instance_of(field: RawField) -> int:
    if field.name == _RESULTS:
        match = _INSTANCE.match(field.value[:200])
        instance = int(match[1]) if match else 0
    else:
        instance = number_of(required(tags_of(field), "i"))
    if not 1 <= instance <= MOST_SETS:
        raise TagError("no instance between 1 and 50")
    return instance


def _set_of(instance: int, found: dict[tuple[bytes, int], RawField]) -> ArcSet:
    try:
        results, message_field, seal_field = (found[(name, instance)] for name in _NAMES)
    except KeyError as problem:
        raise TagError(f"set {instance} is not complete") from problem
    message_tags, seal_tags = tags_of(message_field), tags_of(seal_field)
    message_signature = signature_of(message_field, message_tags)
    # Unlike DKIM's: sealers that leave c= out mean relaxed, as the public suite has it.
    coverage = coverage_of(message_tags, message_signature.hash_name, unsaid="relaxed/relaxed")
    if _SEAL in coverage.fields:
        raise TagError("a seal is signed by a message signature")
    if "h" in seal_tags or "bh" in seal_tags or "l" in message_tags:
        raise TagError("a tag where it must not be")
    time_of(message_tags, "t"), time_of(seal_tags, "t")
    return ArcSet(
        instance=instance,
        results=results,
        message_field=message_field,
        message_signature=message_signature,
        coverage=coverage,
        seal_field=seal_field,
        seal=signature_of(seal_field, seal_tags),
        validation=required(seal_tags, "cv"),
    )


def _check(
    message: RawMessage,
    chain: tuple[ArcSet, ...],
    lookup: KeyLookup,
    digests: BodyDigests,
    rules: SignatureRules,
) -> None:
    for each in chain:
        if each.validation != (_FIRST_VALIDATION if each.instance == 1 else _LATER_VALIDATION):
            raise _BrokenError(f"set {each.instance} says cv={each.validation[:10]}")
    newest = chain[-1]
    if digests.of(newest.coverage.body).digest != newest.coverage.body_hash:
        raise _BrokenError("the body was changed after the last set")
    signed = signed_header(message.fields, newest.message_field, newest.coverage)
    _check_signature(newest.message_signature, signed, lookup, rules)
    sealed = b""
    for each in chain:
        earlier = relaxed_field(each.results.raw) + relaxed_field(each.message_field.raw)
        own = relaxed_field(unsigned_form(each.seal_field)).removesuffix(b"\r\n")
        _check_signature(each.seal, sealed + earlier + own, lookup, rules)
        sealed += earlier + relaxed_field(each.seal_field.raw)


def _check_signature(signature: Signature, signed: bytes, lookup: KeyLookup, rules: SignatureRules) -> None:
    key = _usable_key(signature, lookup(signature.key_name), rules)
    if not key.verifies(signature.octets, signed, signature.hash_name):
        raise _BrokenError(f"a signature of {signature.domain} does not verify")


def _usable_key(signature: Signature, answer: DnsAnswer | None, rules: SignatureRules) -> DkimKey:
    if signature.hash_name == "sha1":
        raise _BrokenError("SHA-1 proves nothing any more")
    if is_public_suffix(signature.domain):
        raise _BrokenError("a sealer is a public suffix")
    key = key_of(answer)
    if isinstance(key, NoKey):
        if key.temporary:
            raise _UnknownError(f"{signature.domain}: {key.problem}")
        raise _BrokenError(f"{signature.domain}: {key.problem}")
    if key.kind != signature.key_kind:
        raise _BrokenError("a key is for another algorithm")
    if key.kind == "rsa" and not rules.smallest_rsa <= key.bits <= rules.largest_rsa:
        raise _BrokenError(f"a key of {key.bits} bits is not accepted")
    return key
