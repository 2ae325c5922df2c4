"""What is wrong with looking is noted once, shown while it matters, and told to operators without a flood."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from lazaretto.core.identity import TenantId
from lazaretto.detect.malware.yara_memory import MOST_RULES, MOST_SETS, remember, remembered
from lazaretto.run.operator_letters import Told, after_telling, due, letter
from lazaretto.run.trouble_texts import BODIES, in_words
from lazaretto.run.troubles import Kind, Notebook, Trouble, those_that_matter, trouble_in, troubles

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEFT_OUT = {"event": "yara rule left out", "file": "a.yar", "rule": "broken", "problem": "unknown pattern"}
APART = {"event": "yara rule set apart", "file": "a.yar", "rule": "slow", "set": "5e7"}
DIED = {"event": "scan worker died", "code": -11}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "troubles.json", tmp_path / "slow.json"


def _trouble(event: Mapping[str, object], at: datetime = NOON) -> Trouble:
    found = trouble_in(event, at)
    assert found is not None
    return found


def test_what_is_noted_is_read_again_and_counted(files: tuple[Path, Path]) -> None:
    notebook = Notebook(*files)
    for event in (LEFT_OUT, APART, APART, {"event": "started"}, {"event": ["x"]}, DIED):
        notebook.take(event)

    known = troubles(files[0])

    assert [(each.kind, each.about, each.count) for each in known] == [
        (Kind.LEFT_OUT, "a.yar:broken", 1),
        (Kind.APART, "a.yar:slow", 2),
        (Kind.DIED, "", 1),
    ]
    assert remembered(files[1], "5e7") == {"a.yar": {"slow"}}


def test_the_next_station_begins_anew_about_rules_and_knows_what_happened(files: tuple[Path, Path]) -> None:
    notebook = Notebook(*files)
    for event in (
        LEFT_OUT,
        APART,
        {"event": "detector failed", "detector": "x", "exception": "a\nValueError: no 'secret'"},
    ):
        notebook.take(event)

    Notebook(*files)

    assert [(each.about, each.problem) for each in troubles(files[0])] == [("x", "ValueError")]


def test_what_the_station_itself_says_is_noted_as_well(files: tuple[Path, Path]) -> None:
    notebook = Notebook(*files)
    notebook.listen()
    handler = logging.getLogger("lazaretto").handlers[-1]
    try:
        ours = logging.getLogger("lazaretto.detect")
        ours.error("yara file left out", extra={"file": "b.yar", "problem": "x"})
    finally:
        logging.getLogger("lazaretto").removeHandler(handler)

    assert [each.about for each in troubles(files[0])] == ["b.yar"]


def test_one_death_of_a_worker_is_none_of_peoples_business_and_three_in_an_hour_are(
    files: tuple[Path, Path],
) -> None:
    notebook = Notebook(*files)
    now = datetime.now(UTC)
    for wanted in (False, False, True):
        notebook.take(DIED)
        assert bool(those_that_matter(troubles(files[0]), now)) is wanted
    assert not those_that_matter(troubles(files[0]), now + timedelta(days=2))


def test_a_bundle_that_was_refused_is_told_at_once_and_for_a_day(files: tuple[Path, Path]) -> None:
    refused = {"event": "bundle refused", "bundle": "https://rules.example/b", "problem": "it was changed"}
    Notebook(*files).take(refused)
    now = datetime.now(UTC)

    (known,) = troubles(files[0])
    assert (known.kind, known.about, known.problem) == (
        Kind.BUNDLE,
        "https://rules.example/b",
        "it was changed",
    )
    assert due((known,), Told(), now) == (known,)
    assert not those_that_matter((known,), now + timedelta(days=2))
    told = {in_words(known, language) for language in BODIES}
    assert len(told) == len(BODIES)
    Notebook(*files).settle(Kind.BUNDLE)
    assert troubles(files[0]) == ()
    assert all("it was changed" in words and "`lazaretto bundle status`" in words for words in told)


@pytest.mark.parametrize("content", ["", "[{}]", "{}", '[{"kind": "other"}]', "nonsense"])
def test_a_damaged_file_is_no_trouble(files: tuple[Path, Path], content: str) -> None:
    for file in files:
        file.write_text(content)

    assert troubles(files[0]) == ()
    assert remembered(files[1], "5e7") == {}
    assert Told.in_file(files[0]) == Told()
    Notebook(*files).take(APART)
    assert remembered(files[1], "5e7") == {"a.yar": {"slow"}}


def test_what_is_remembered_of_sets_is_bounded(files: tuple[Path, Path]) -> None:
    for number in range(MOST_SETS + 3):
        remember(files[1], f"set{number}", "a.yar", "slow")
    for number in range(MOST_RULES + 3):
        remember(files[1], "last", "a.yar", f"rule{number}")

    assert remembered(files[1], "set0") == {}
    assert remembered(files[1], f"set{MOST_SETS + 2}") == {"a.yar": {"slow"}}
    assert len(remembered(files[1], "last")["a.yar"]) == MOST_RULES


def test_operators_are_told_once_and_at_most_once_an_hour(files: tuple[Path, Path]) -> None:
    broken, slow = _trouble(LEFT_OUT), _trouble(APART)

    assert due((broken,), Told(), NOON) == (broken,)
    told = after_telling((broken,), Told(), NOON)
    told.note(files[0])
    told = Told.in_file(files[0])

    assert due((broken, slow), told, NOON + HOUR / 2) == ()
    assert due((broken, slow), told, NOON + HOUR) == (slow,)
    assert due((broken,), told, NOON + 50 * HOUR) == ()


def test_what_happens_again_after_a_day_is_told_again() -> None:
    crash = {"event": "detector failed", "detector": "x", "exception": "ValueError: y"}
    told = after_telling((_trouble(crash),), Told(), NOON)

    assert due((_trouble(crash, NOON + 5 * HOUR),), told, NOON + 5 * HOUR) == ()
    assert due((_trouble(crash, NOON + 25 * HOUR),), told, NOON + 25 * HOUR)


@pytest.mark.parametrize("language", sorted(BODIES))
def test_letters_name_what_is_wrong_in_the_operators_language(language: str) -> None:
    known = [_trouble({**LEFT_OUT, "rule": f"broken{number}"}) for number in range(60)]

    mail = letter(
        known,
        address="op@customer.example",
        language=language,
        tenant=TenantId(1),
        node="mx1.example",
        now=NOON,
        host_name="mx.example",
    )

    text = message_from_bytes(mail.octets, policy=default).get_content()
    assert "a.yar:broken0" in text
    assert "unknown pattern" in text
    assert "(+10)" in text
    assert "{" not in text


@pytest.mark.parametrize("language", sorted(BODIES))
@pytest.mark.parametrize("kind", Kind)
def test_every_trouble_has_words(kind: Kind, language: str) -> None:
    one = Trouble(kind=kind, about="a.yar:x", problem="y", first=NOON, last=NOON, count=3)

    assert "{" not in in_words(one, language)
    assert in_words(one, "xx") == in_words(one, "en")
