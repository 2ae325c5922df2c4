"""The value of our ``Authentication-Results`` field (RFC 8601), made of strangers' words.

Domains, selectors and identities come from the message itself, so that everything that is not
plainly harmless is put in quotes or left out: nobody can end our statement and begin his own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lazaretto.core.address import domain_of
from lazaretto.core.facts import AuthResult, Dkim, Dmarc, Facts, Spf

LONGEST_VALUE = 254
"""Characters of one property's value."""

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+@/-]*", re.ASCII)
_UNPRINTABLE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


def authentication_results(facts: Facts, authserv_id: str, line_end: bytes = b"\r\n") -> bytes:
    """Return the folded value, without the field's name and without a line end behind it."""
    lines = [authserv_id, *_statements(facts)]
    return (b";" + line_end + b"\t").join(line.encode("ascii", "replace") for line in lines)


def _statements(facts: Facts) -> Iterator[str]:
    yield _spf(facts)
    for signature in facts.dkim:
        yield _dkim(signature)
    if not facts.dkim:
        yield "dkim=none"
    yield _dmarc(facts.dmarc)
    if facts.arc.result is not AuthResult.NONE:
        newest = facts.arc.sealers[-1] if facts.arc.sealers else ""
        yield _joined(f"arc={facts.arc.result.value}", _property("header.d", newest))


def _spf(facts: Facts) -> str:
    spf: Spf = facts.spf
    if domain_of(facts.reverse_path):
        who = _property("smtp.mailfrom", facts.reverse_path)
    else:
        who = _property("smtp.helo", spf.domain or facts.client.helo)
    return _joined(f"spf={spf.result.value}", who)


def _dkim(signature: Dkim) -> str:
    return _joined(
        f"dkim={signature.result.value}",
        _property("reason", signature.problem, quoted=True),
        _property("header.d", signature.domain),
        _property("header.s", signature.selector),
        _property("header.a", signature.algorithm),
    )


def _dmarc(dmarc: Dmarc) -> str:
    return _joined(
        f"dmarc={dmarc.result.value}",
        _property("reason", dmarc.problem, quoted=True),
        _property("header.from", dmarc.domain),
        _property("policy.dmarc", dmarc.policy),
    )


def _property(name: str, value: str, *, quoted: bool = False) -> str:
    if not value:
        return ""
    if not quoted and len(value) <= LONGEST_VALUE and _PLAIN.fullmatch(value):
        return f"{name}={value}"
    return f'{name}="{_UNPRINTABLE.sub("?", value[:LONGEST_VALUE])}"'


def _joined(*pieces: str) -> str:
    return " ".join(filter(None, pieces))
