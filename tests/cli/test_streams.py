"""The standard streams."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

from fairlead.cli.streams import Streams


def test_a_reader_that_went_away_is_dropped_without_a_word(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        streams = Streams(StringIO(), stdout, StringIO())
        streams.write("nobody reads this")
        streams.write("nor this")
        streams = Streams(StringIO(), StringIO(), stdout)
        streams.report("nor that")


def test_results_and_reports_go_apart() -> None:
    stdout, stderr = StringIO(), StringIO()
    streams = Streams(StringIO(), stdout, stderr)
    streams.write("result\n")
    streams.report("report")
    assert (stdout.getvalue(), stderr.getvalue()) == ("result\n", "report\n")
