"""Sealing with ARC (RFC 8617 §5.1): what we found in a message, for those behind us, before we changed it.

Whoever trusts us can then still see that the author's domain vouched for what came to us.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from lazaretto.core.facts import AuthResult
from lazaretto.detect.authentication.arc import FAILED_VALIDATION, MOST_SETS, ArcSet, chain_of
from lazaretto.detect.authentication.canonical import BodyDigests, relaxed_field
from lazaretto.detect.authentication.fields import RawField
from lazaretto.detect.authentication.signature import unsigned_form
from lazaretto.detect.authentication.signing import (
    Signable,
    SigningKey,
    field_of,
    signed_field,
    signed_names,
)
from lazaretto.detect.authentication.tags import TagError

_OUR_RESULT: Final = re.compile(rb"[;\s]arc=([a-z]{1,20})", re.IGNORECASE)


def arc_set(
    message: Signable,
    digests: BodyDigests,
    key: SigningKey,
    now: datetime,
    results: bytes,
    *,
    covered: tuple[str, ...] | None = None,
) -> tuple[RawField, ...]:
    """Return the three fields of the next set, topmost first; nothing where none may be added.

    ``results`` is the value of our own ``Authentication-Results``.  A chain that was broken before
    is closed once with ``cv=fail``; behind that, to a malformed chain, and where the DNS did not
    answer, nothing is added.
    """
    try:
        chain = chain_of(message.fields)
    except TagError:
        return ()
    validation = _validation(chain, results)
    if not validation or len(chain) >= MOST_SETS:
        return ()
    number, signed_at = str(len(chain) + 1), str(int(now.timestamp()))
    told = RawField(
        b"arc-authentication-results",
        b"ARC-Authentication-Results: i=" + number.encode("ascii") + b"; " + results.strip() + b"\r\n",
    )
    common = {"i": number, "d": key.domain, "s": key.selector, "t": signed_at}
    names = covered if covered is not None else (*signed_names(message.fields), *_signatures(message.fields))
    own = signed_field("ARC-Message-Signature", dict(common), message.fields, names, digests, key)
    seal = {**common, "a": key.algorithm.value, "cv": validation}
    sealed = b"" if validation == FAILED_VALIDATION else b"".join(map(_relaxed, chain))
    sealed += relaxed_field(told.raw) + relaxed_field(own.raw)
    bare = relaxed_field(unsigned_form(field_of("ARC-Seal", seal, b""))).removesuffix(b"\r\n")
    return (field_of("ARC-Seal", seal, key.sign(sealed + bare)), own, told)


def results_of_ours(fields: tuple[RawField, ...], authserv_id: str) -> bytes:
    """Return the value of our own ``Authentication-Results``, several as one; empty without any."""
    own = authserv_id.lower().encode("ascii", "replace")
    statements = []
    for field in fields:
        if field.name == b"authentication-results":
            name, semicolon, statement = field.value.strip().partition(b";")
            if semicolon and name.strip().lower() == own:
                statements.append(statement.strip())
    return b"; ".join([authserv_id.encode("ascii", "replace"), *statements]) if statements else b""


def _validation(chain: tuple[ArcSet, ...], results: bytes) -> str:
    """Return ``cv=`` for the next set; empty when there must be none."""
    if not chain:
        return AuthResult.NONE.value
    if chain[-1].validation == FAILED_VALIDATION:
        return ""
    told = _OUR_RESULT.search(results)
    word = told[1].decode("ascii").lower() if told else ""
    return word if word in (AuthResult.PASS.value, FAILED_VALIDATION) else ""


def _relaxed(each: ArcSet) -> bytes:
    fields = (each.results, each.message_field, each.seal_field)
    return b"".join(relaxed_field(field.raw) for field in fields)


def _signatures(fields: tuple[RawField, ...]) -> tuple[str, ...]:
    return ("dkim-signature",) * min(10, sum(field.name == b"dkim-signature" for field in fields))
