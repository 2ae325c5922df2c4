"""Files whose cost is measured have the sizes that their names promise."""

from __future__ import annotations

import re

from tests.load.look import attachments

UNITS = {"KB": 1_000, "MB": 1_000_000}


def test_every_measured_file_is_as_large_as_its_name_says_within_a_twentieth() -> None:
    wrong = {}
    for name, (_, octets) in attachments().items():
        said = re.search(r"([0-9]+) (KB|MB)$", name)
        assert said is not None
        wanted = int(said[1]) * UNITS[said[2]]
        if abs(len(octets) - wanted) > wanted / 20:
            wrong[name] = len(octets)

    assert wrong == {}
