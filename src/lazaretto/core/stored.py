"""A look as it is kept: everything that judging it again takes, in few octets.

The message itself is not kept.  What detectors found, what was known of the sender, and what was
decided by which version is enough to say what another configuration would decide.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Direction
from lazaretto.core.findings import Finding, Verdict

LISTED: Final = ("SENDER_", "NEWSLETTER_WANTED")
"""Symbols of lists begin so; of them the evidence, the entry, is kept."""


class StoredFinding(msgspec.Struct, frozen=True, array_like=True):
    """A finding, without the evidence that judging does not need."""

    symbol: str
    score: float
    verdict: Verdict | None
    evidence: str = ""
    recipient: str = ""

    def finding(self) -> Finding:
        """Return it as detectors report it."""
        return Finding(self.symbol, self.score, self.evidence, self.verdict, self.recipient)


class StoredCopy(msgspec.Struct, frozen=True, array_like=True):
    """What was decided for some recipients."""

    direction: Direction
    disposition: Disposition
    """Before the client was told 250."""
    recipients: tuple[str, ...]
    settings: tuple[str, ...] = ()
    """The settings that applied, the one that decided first."""


class StoredLook(msgspec.Struct, frozen=True, array_like=True):
    """One tenant's look at one message."""

    version: int
    reverse_path: str
    authors: tuple[str, ...]
    client_ip: str
    findings: tuple[StoredFinding, ...]
    copies: tuple[StoredCopy, ...]
    facts: msgspec.Raw = msgspec.Raw(b"\x80")
    """Results of authentication; read only when lists of senders change."""
    list_id: str = ""
    """The identity of the mailing list that it says it is from."""
    rules: str = ""
    """The rules, lists and models by which it was looked at: the program's, or a bundle's."""


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(StoredLook)


def encode_look(look: StoredLook) -> bytes:
    """Return ``look`` as octets."""
    return _encoder.encode(look)


def decode_look(octets: bytes) -> StoredLook:
    """Return what ``encode_look`` was given."""
    return _decoder.decode(octets)


def look_of(details: dict[str, Any]) -> StoredLook:
    """Return the look that the details of a SCANNED event tell of; tolerates older events."""
    facts = details.get("facts") or {}
    return StoredLook(
        version=int(details.get("version") or 0),
        reverse_path=facts.get("reverse_path") or "",
        authors=tuple(facts.get("authors") or ()),
        client_ip=facts.get("client_ip") or "",
        findings=tuple(_finding(each) for each in details.get("findings") or ()),
        copies=tuple(_copy(each) for each in details.get("copies") or () if not each.get("additional")),
        facts=msgspec.Raw(
            _encoder.encode({key: facts[key] for key in ("spf", "dkim", "dmarc") if facts.get(key)})
        ),
        list_id=str(facts.get("list_id") or ""),
        rules=_rules(details.get("versions") or {}),
    )


def _rules(versions: dict[str, str]) -> str:
    bundle, program = versions.get("bundle", ""), versions.get("rules", "")
    return f"bundle {bundle}, program {program}" if bundle and program not in bundle else bundle or program


def _finding(told: dict[str, Any]) -> StoredFinding:
    symbol, verdict = str(told.get("symbol")), told.get("class")
    return StoredFinding(
        symbol,
        float(told.get("score") or 0.0),
        Verdict(verdict) if verdict else None,
        told.get("evidence", "") if symbol.startswith(LISTED) else "",
        told.get("recipient", ""),
    )


def _copy(told: dict[str, Any]) -> StoredCopy:
    return StoredCopy(
        Direction(told.get("direction") or Direction.INBOUND.value),
        Disposition[str(told.get("judged") or told.get("disposition") or "deliver").upper()],
        tuple(told.get("recipients") or ()),
        tuple(str(each.get("setting", "")) for each in told.get("settings") or ()),
    )
