"""What detectors know comes from the program, or from a bundle that stands for parts of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lazaretto.detect
from lazaretto.detect import knowledge

READERS = {"knowledge.py"}


def _told(folder: Path, code: str) -> str:
    """Return what ``code`` prints in a process of its own that uses the bundle in ``folder``."""
    begin = "from pathlib import Path\nfrom lazaretto.detect import knowledge as k\n"
    program = f"{begin}k.use(Path({str(folder)!r}))\n{code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().split("\n")[-1]


def test_a_folder_of_a_bundle_stands_for_the_whole_folder_of_the_program(tmp_path: Path) -> None:
    hashes = tmp_path / "malware" / "hashes"
    hashes.mkdir(parents=True)
    (hashes / "mine.txt").write_text("a" * 64 + " mine\n")

    told = _told(
        tmp_path, "from lazaretto.detect.malware.hash_list import HashList\nprint(len(HashList()._listed))"
    )

    assert told == "1"


def test_what_a_bundle_does_not_have_is_the_programs_own(tmp_path: Path) -> None:
    told = _told(tmp_path, "from lazaretto.detect.content.rules import rules\nprint(len(rules()) > 10)")

    assert told == "True"


def test_a_bundle_that_comes_after_the_first_look_is_refused(tmp_path: Path) -> None:
    code = "k.knowledge('weights.toml')\nk.use(Path('/elsewhere'))"

    assert "must start anew" in _told(tmp_path, code)


def test_no_detector_reads_the_programs_files_past_a_bundle() -> None:
    folder = Path(lazaretto.detect.__file__).parent
    # Letters are read by those who fit a model, never by a look.
    modules = [each for each in folder.rglob("*.py") if "letters" not in each.parts]

    past = [each.name for each in modules if "resources.files(" in each.read_text(encoding="utf-8")]

    assert set(past) == READERS, "read through lazaretto.detect.knowledge, so that bundles reach it"


def test_a_station_reads_nothing_before_it_has_chosen_a_bundle() -> None:
    code = "import lazaretto.run.scan, lazaretto.run.bundles\nprint(k._SOURCE.was_read)"

    assert _told(Path("/nowhere"), code) == "False"


def test_everything_shipped_is_listed_once_in_order() -> None:
    paths = [path for path, _ in knowledge.shipped_files()]

    assert paths == sorted(set(paths))
    assert {"weights.toml", "learned/linear.txt", "content/lists/freemail.txt"} <= set(paths)
