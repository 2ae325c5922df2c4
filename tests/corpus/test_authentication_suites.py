"""The public suites of SPF, DKIM and ARC pass; each case that does not is listed with its reason."""

from __future__ import annotations

import tarfile
from functools import cache
from pathlib import Path

import pytest
import yaml

from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.detect.authentication.spf import check_host


@cache
def _members(corpora: Path) -> dict[str, bytes]:
    with tarfile.open(corpora / "auth.tar.xz") as archive:
        return {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]


class ZoneResolver:
    """Answers from the zone data of the openspf.org suites."""

    def __init__(self, zone: dict[str, list[object]]) -> None:
        self._zone = {str(name).lower().rstrip("."): entries for name, entries in zone.items()}

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        return self._ask(name.lower().rstrip("."), kind, 5)

    def _ask(self, name: str, kind: str, depth: int) -> DnsAnswer:
        labels = name.split(".")
        if not all(0 < len(label) < 64 for label in labels) or name not in self._zone:
            return DnsAnswer(DnsStatus.NO_DOMAIN)
        entries = self._zone[name]
        records = [e for e in entries if isinstance(e, dict)]
        kinds = [kind]
        if kind == "TXT" and not any("TXT" in e for e in records):
            kinds.append("SPF")  # The suites mean both types unless they say otherwise.
        values = [e[k] for e in records for k in kinds if k in e and e[k] != "NONE"]
        if values:
            return DnsAnswer(DnsStatus.ANSWER, tuple(_text(kind, value) for value in values), 60)
        aliases = [e["CNAME"] for e in records if "CNAME" in e]
        if aliases and depth:
            return self._ask(str(aliases[0]).lower().rstrip("."), kind, depth - 1)
        if "TIMEOUT" in entries or any(e.get(kind) == "TIMEOUT" for e in records):
            return DnsAnswer(DnsStatus.TIMEOUT)
        return DnsAnswer(DnsStatus.NO_DATA)


def _text(kind: str, value: object) -> str:
    if kind == "TXT":
        joined = "".join(map(str, value)) if isinstance(value, list) else str(value)
        return joined.encode("utf-8").decode("latin-1")
    if kind == "MX":
        return f"{value[0]} {value[1]}".rstrip()  # type: ignore[index]
    return str(value)


SPF_EXCEPTIONS: dict[tuple[str, str], str] = {}


@pytest.mark.corpora
@pytest.mark.parametrize("suite", ["rfc7208", "rfc4408"])
async def test_the_spf_suites_pass(corpora: Path, suite: str) -> None:
    wrong = []
    count = 0
    for document in yaml.safe_load_all(_members(corpora)[f"auth/auth-spf-openspf/{suite}-tests.yml"]):
        resolver = ZoneResolver(document["zonedata"])
        for name, case in document["tests"].items():
            count += 1
            outcome = await check_host(
                ip=case["host"], reverse_path=case["mailfrom"], helo=case["helo"], resolver=resolver
            )
            wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
            words = case.get("explanation")
            good = outcome.result.value in wanted
            if good and words is not None:
                good = (outcome.explanation or "DEFAULT") == words
            if good == ((suite, name) in SPF_EXCEPTIONS):
                wrong.append((document["description"], name, wanted, words, outcome))

    assert not wrong, "\n".join(map(str, wrong))
    assert count == {"rfc7208": 203, "rfc4408": 191}[suite]
