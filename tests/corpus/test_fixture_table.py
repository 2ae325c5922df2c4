"""No hostile fixture of the shared corpora is passed over in silence."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.corpus.fixture_table import rows


@pytest.mark.corpora
@pytest.mark.timeout(600)
def test_no_fixture_is_missed_or_let_pass_with_a_remark(corpora: Path) -> None:
    told = list(rows(corpora))

    kinds = Counter(row.kind for row in told)
    assert min(kinds.values()) >= 30, "a part of the corpora was not found"
    assert [row.name for row in told if row.outcome in ("missed", "remarked")] == []
