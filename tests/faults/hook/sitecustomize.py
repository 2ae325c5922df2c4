"""Python imports this first of all where the folder is on ``PYTHONPATH``.

What it does then is told in ``tests/faults/points.py`` and ``tests/faults/noting.py``.
"""

import os
import sys
from pathlib import Path

if os.environ.get("LAZARETTO_TEST_POINTS"):
    sys.path.append(str(Path(__file__).resolve().parents[3]))
    from tests.faults.dying import prepare

    prepare(sys.orig_argv, os.environ["LAZARETTO_TEST_POINTS"])

if os.environ.get("LAZARETTO_TEST_SYNCS"):
    sys.path.append(str(Path(__file__).resolve().parents[3]))
    from tests.faults.noting import note_syncs

    note_syncs(Path(os.environ["LAZARETTO_TEST_SYNCS"]))
