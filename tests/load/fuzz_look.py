"""Feeds whole looks and the code of sender authentication what nobody would write.

    python -m tests.load.fuzz_look FOLDER [SECONDS]

As ``tests.load.fuzz``, but a round authenticates a message against records made of its own octets and
lets every detector but those of malware look at it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["lazaretto.mail", "lazaretto.detect"]):
    from lazaretto.detect.authentication.dkim_key import parse_key
    from lazaretto.detect.authentication.dmarc_record import parse_record
    from lazaretto.detect.authentication.evaluating import authenticate
    from lazaretto.detect.authentication.results_header import authentication_results
    from lazaretto.detect.authentication.spf_record import parse
    from lazaretto.detect.registry import detectors
    from lazaretto.detect.runner import DETECTOR_FAILED, look_at
    from lazaretto.mail.scanner import view_of

from lazaretto.core.facts import DnsAnswer, DnsStatus, Gathered
from lazaretto.core.findings import COULD_NOT_LOOK
from tests.unit.detect.test_looks_at_anything import FACTS, LETTER

SIGNED = (
    b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=a.example; s=s; h=from:to; bh=AA==; b=AA==\r\n"
    b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=a.example; s=s; b=AA==\r\n"
    b"ARC-Authentication-Results: i=1; mx.example; spf=pass\r\n"
)
LOOKING = [each for each in detectors() if not each.card.name.startswith("malware.")]


def one_input(data: bytes) -> None:
    """Look at ``data`` as a message; its first line is what every name in the DNS holds."""
    text = data.partition(b"\n")[0].decode("latin-1")
    parse(text), parse_record(text), parse_key(text)
    answer = DnsAnswer(DnsStatus.ANSWER, (text,))
    names = ("TXT s._domainkey.a.example", "TXT _dmarc.lists.example", "TXT _dmarc.a.example")
    gathered = Gathered(received_at=FACTS.received_at, client=FACTS.client, dns=dict.fromkeys(names, answer))
    view = view_of(data)
    facts = authenticate(view, gathered, "ann@sender.example", ("bob@customer.example",))
    assert authentication_results(facts, "mx.example")
    failed = {DETECTOR_FAILED.name, COULD_NOT_LOOK.name}
    for finding in look_at(view, facts, None, LOOKING):
        if finding.symbol in failed:
            raise AssertionError(finding.evidence)


def main() -> None:
    """Fuzz until the time is over."""
    folder = Path(sys.argv[1])
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    seeds = folder / "letters"
    seeds.mkdir(parents=True, exist_ok=True)
    (seeds / "letter").write_bytes(LETTER)
    (seeds / "signed").write_bytes(SIGNED + LETTER)
    (seeds / "record").write_bytes(b"v=DMARC1; p=reject; np=none\r\n" + LETTER)
    options = [f"-max_total_time={seconds}", f"-artifact_prefix={folder}/", "-max_len=6000", "-timeout=60"]
    atheris.Setup([sys.argv[0], str(seeds), *options], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
