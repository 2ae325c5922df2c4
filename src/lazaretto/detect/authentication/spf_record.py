"""Reading an SPF record (RFC 7208 §4.6, §5, §6, §12): the whole record, before anything is asked."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

from lazaretto.core.facts import AuthResult
from lazaretto.detect.authentication.spf_macro import (
    MacroString,
    SpfSyntaxError,
    domain_spec,
    macro_string,
)

VERSION = "v=spf1"
LONGEST_RECORD = 16_384
"""Characters; longer ones exist only to make us work."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """One mechanism with its qualifier."""

    result: AuthResult
    """What the check comes to when it matches."""
    mechanism: str
    """Lower case: ``all include a mx ptr ip4 ip6 exists``."""
    text: str
    """As written."""
    target: MacroString | None = None
    network: Network | None = None
    prefix4: int = 32
    prefix6: int = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfRecord:
    """A record without syntax errors."""

    directives: tuple[Directive, ...]
    redirect: MacroString | None = None
    explanation: MacroString | None = None


_QUALIFIERS = {
    "+": AuthResult.PASS,
    "-": AuthResult.FAIL,
    "~": AuthResult.SOFTFAIL,
    "?": AuthResult.NEUTRAL,
}
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)", re.ASCII | re.DOTALL)
_DIRECTIVE = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(?::([^\x00]*)|(/[^\x00]*))?", re.ASCII)
_DUAL_CIDR = re.compile(r"(?P<rest>.*?)(?:/(?P<v4>0|[1-9]\d?))?(?://(?P<v6>0|[1-9]\d{0,2}))?", re.ASCII)
_IP4 = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})(?:/(0|[1-9]\d?))?", re.ASCII)
_IP6 = re.compile(r"([0-9A-Fa-f:.]+)(?:/(0|[1-9]\d{0,2}))?", re.ASCII)


def is_spf(text: str) -> bool:
    """Tell whether a TXT record claims to be SPF (§4.5)."""
    return text[:6].lower() == VERSION and (len(text) == 6 or text[6] == " ")


@lru_cache(maxsize=4096)
def parse(text: str) -> SpfRecord | SpfSyntaxError:
    """Return the record, or the error that it has; both are remembered, since domains repeat."""
    try:
        return _parse(text)
    except SpfSyntaxError as problem:
        return problem


def _parse(text: str) -> SpfRecord:
    if len(text) > LONGEST_RECORD or not text.isascii():
        raise SpfSyntaxError("not a text of reasonable length in ASCII")
    directives: list[Directive] = []
    modifiers: dict[str, MacroString] = {}
    for term in text[len(VERSION) :].split(" "):
        if not term:
            continue
        modifier = _MODIFIER.fullmatch(term)
        if modifier is None:
            directives.append(_directive(term))
        else:
            _add_modifier(modifiers, modifier[1].lower(), modifier[2])
    return SpfRecord(
        directives=tuple(directives),
        redirect=modifiers.get("redirect"),
        explanation=modifiers.get("exp"),
    )


def _add_modifier(modifiers: dict[str, MacroString], name: str, value: str) -> None:
    if name not in {"redirect", "exp"}:
        macro_string(value)
        return
    if name in modifiers:
        raise SpfSyntaxError(f"{name}= appears twice")
    modifiers[name] = domain_spec(value)


def _directive(term: str) -> Directive:
    match = _DIRECTIVE.fullmatch(term)
    if match is None:
        raise SpfSyntaxError(f"cannot read {term[:80]}")
    result = _QUALIFIERS[match[1] or "+"]
    mechanism, argument, cidr = match[2].lower(), match[3], match[4] or ""
    if mechanism in {"a", "mx"}:
        return _address_directive(result, mechanism, term, argument, cidr)
    if cidr:
        raise SpfSyntaxError(f"{term[:80]} cannot have a prefix length")
    if mechanism in {"ip4", "ip6"}:
        return Directive(result=result, mechanism=mechanism, text=term, network=_network(mechanism, argument))
    if mechanism == "all" and argument is None:
        return Directive(result=result, mechanism=mechanism, text=term)
    if mechanism in {"include", "exists"} or (mechanism == "ptr" and argument is not None):
        return Directive(result=result, mechanism=mechanism, text=term, target=domain_spec(argument or ""))
    if mechanism == "ptr":
        return Directive(result=result, mechanism=mechanism, text=term)
    raise SpfSyntaxError(f"unknown mechanism {term[:80]}")


def _address_directive(
    result: AuthResult, mechanism: str, term: str, argument: str | None, cidr: str
) -> Directive:
    parts = _DUAL_CIDR.fullmatch(cidr if argument is None else argument)
    if parts is None or (argument is None and parts["rest"]):
        raise SpfSyntaxError(f"cannot read {term[:80]}")
    prefix4, prefix6 = int(parts["v4"] or 32), int(parts["v6"] or 128)
    if prefix4 > 32 or prefix6 > 128:
        raise SpfSyntaxError(f"prefix too long in {term[:80]}")
    return Directive(
        result=result,
        mechanism=mechanism,
        text=term,
        target=None if argument is None else domain_spec(parts["rest"]),
        prefix4=prefix4,
        prefix6=prefix6,
    )


def _network(mechanism: str, argument: str | None) -> Network:
    match = (_IP4 if mechanism == "ip4" else _IP6).fullmatch(argument or "")
    if match is None:
        raise SpfSyntaxError(f"{mechanism} without an address")
    try:
        if mechanism == "ip4":
            return ipaddress.IPv4Network((match[1], int(match[2] or 32)), strict=False)
        return ipaddress.IPv6Network((match[1], int(match[2] or 128)), strict=False)
    except ValueError as problem:
        raise SpfSyntaxError(f"{mechanism} with a bad address") from problem
