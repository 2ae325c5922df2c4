"""Each worker looks at a letter of our own first, and nothing comes of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest
from structlog.testing import capture_logs

from lazaretto.core.cards import DetectorCard
from lazaretto.core.decision import Judgement
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.malware.contents import contents_of
from lazaretto.detect.registry import detectors
from lazaretto.mail.octets import Octets
from lazaretto.mail.view import MessageView
from lazaretto.pipeline.looking import Inspector
from lazaretto.pipeline.rehearsing import rehearse
from lazaretto.pipeline.wire import LookRequest

NAMES = {"terms.docx", "terms.zip", "terms.txt", "word/document.xml"}


class _Witness:
    """A detector that remembers what it was shown."""

    def __init__(self, card: DetectorCard) -> None:
        self.card = card
        self.types: list[str] = []
        self.names: set[str] = set()

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> tuple[Finding, ...]:
        self.types = [part.content_type for part in message.parts]
        self.names = {name for each in contents_of(message).files for name in each.names}
        return ()


@pytest.fixture
def witness() -> _Witness:
    return _Witness(next(iter(detectors())).card)


def test_it_has_what_most_mail_has(witness: _Witness) -> None:
    rehearse(Inspector((witness,), {}, "mx.example"))

    assert {"text/plain", "text/html"} <= set(witness.types)
    assert witness.names >= NAMES


def test_nothing_is_found_in_it() -> None:
    judgements: list[Judgement] = []

    class _Watched(Inspector):
        def look_and_judge(
            self, request: LookRequest, octets: Octets, snapshots: Mapping[TenantId, TenantSnapshot]
        ) -> Judgement:
            judgements.append(super().look_and_judge(request, octets, snapshots))
            return judgements[0]

    rehearse(_Watched(tuple(detectors()), {}, "mx.example"))

    assert [judgement.verdict.value for judgement in judgements] == ["clean"]


def test_a_look_that_fails_keeps_no_worker_from_its_work() -> None:
    class _Broken(Inspector):
        def look_and_judge(
            self, request: LookRequest, octets: Octets, snapshots: Mapping[TenantId, TenantSnapshot]
        ) -> Judgement:
            raise MemoryError

    with capture_logs() as told:
        rehearse(_Broken((), {}, "mx.example"))

    assert [each["log_level"] for each in told] == ["error"]


A_WORKER = """
from lazaretto.detect.malware.contents import open_apart
from lazaretto.detect.settings import DetectSettings
from lazaretto.run.scan import make_serve
serve = make_serve("mx.example", DetectSettings())
serve()
print(open_apart().parser_pid)
"""


def test_a_worker_has_opened_files_apart_before_it_serves() -> None:
    done = subprocess.run([sys.executable, "-c", A_WORKER], check=False, capture_output=True, text=True)

    assert int(done.stdout) > 0, done.stderr
