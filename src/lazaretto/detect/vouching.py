"""Whether somebody vouches for a message's author: DMARC, or SPF or DKIM of the author's own domain.

Much honest mail has no DMARC record; a signature or an envelope of the author's own domain says as much.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lazaretto.core.facts import AuthResult, Facts
from lazaretto.detect.brands import registered

_PASS = AuthResult.PASS.value


def is_vouched_for(facts: Facts, domain: str) -> bool:
    """Tell whether an author in ``domain`` is who it says."""
    signers = [each.domain for each in facts.dkim if each.result is AuthResult.PASS and each.body_covered]
    return _vouched(domain, facts.dmarc.result.value, facts.spf.result.value, facts.spf.domain, signers)


def was_vouched_for(facts: Mapping[str, Any], domain: str) -> bool:
    """Tell the same of the facts that the story of a message tells."""
    spf, dmarc = facts.get("spf") or {}, facts.get("dmarc") or {}
    signers = [
        str(each.get("domain") or "")
        for each in facts.get("dkim") or ()
        if each.get("result") == _PASS and each.get("body_covered", True)
    ]
    return _vouched(
        domain,
        str(dmarc.get("result") or ""),
        str(spf.get("result") or ""),
        str(spf.get("domain") or ""),
        signers,
    )


def _vouched(domain: str, dmarc: str, spf: str, spf_domain: str, signers: Iterable[str]) -> bool:
    if dmarc != AuthResult.NONE.value:
        # Where the domain says what counts, nothing else does.
        return dmarc == _PASS
    home = registered(domain.lower())
    by_spf = spf == _PASS and registered(spf_domain.lower()) == home
    return bool(home) and (by_spf or any(registered(each.lower()) == home for each in signers))
