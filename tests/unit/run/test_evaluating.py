"""Labels' files: what is in them is used, what is wrong is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import AuthResult
from lazaretto.run.evaluating import labelled_files


def write(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_recorded_results_replace_look_ups_and_empty_means_unknown(tmp_path: Path) -> None:
    labels = write(tmp_path, "file,label,spf,dkim,dmarc,mail_from\na.eml,spam,fail,,pass,<x@y.example>\n")

    (row,) = labelled_files(labels, None)

    recorded = row.assumptions.recorded
    assert recorded is not None
    assert recorded.spf.result is AuthResult.FAIL
    assert recorded.spf.domain == "y.example"
    assert recorded.dkim == ()
    assert recorded.dmarc.result is AuthResult.PASS


def test_without_such_columns_the_network_is_asked(tmp_path: Path) -> None:
    (row,) = labelled_files(write(tmp_path, "file,label\na.eml,ham\n"), None)

    assert row.assumptions.recorded is None
    assert row.file == tmp_path / "a.eml"


def test_labels_that_do_not_count_are_left_out(tmp_path: Path) -> None:
    rows = labelled_files(write(tmp_path, "file,label\na,ham\nb,other\nc,spam\n"), Path("/mail"))

    assert [str(row.file) for row in rows] == ["/mail/a", "/mail/c"]


def test_a_client_address_that_is_none_is_ignored(tmp_path: Path) -> None:
    rows = labelled_files(write(tmp_path, "file,label,client_ip\na,ham,unknown\nb,ham,192.0.2.7\n"), None)

    assert [row.assumptions.client_ip for row in rows] == ["0.0.0.0", "192.0.2.7"]


def test_a_file_without_the_needed_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="columns file and label"):
        labelled_files(write(tmp_path, "name,kind\n"), None)
