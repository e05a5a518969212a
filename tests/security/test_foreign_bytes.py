"""S2: what is named as a file of ours but is none is refused without a byte of its values in the answer.

Keys and tags are named on purpose: they are what a person looks for.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fairlead.domain.errors import FairleadError
from fairlead.doors.yaml import read_document, read_manifests, read_values

MARKER = "hunter2"
FOREIGN = (
    f"root:x:0:0:{MARKER}:/root\n- : : {{{{ {MARKER}\n",
    f"just text {MARKER}",
    f"{MARKER}\x01{MARKER}",
    f"key: [{MARKER}",
    f"a: 1\na: {MARKER}\n  {MARKER}: 1",
    f"&{MARKER} *{MARKER}{MARKER}",
    f"%{MARKER}\n---\n",
    f"-----BEGIN PRIVATE KEY-----\n{MARKER}\n-----END PRIVATE KEY-----\n",
)


def refusal(read: Callable[[bytes, str], object], text: str) -> FairleadError | None:
    try:
        read(text.encode(), "v.yaml")
    except FairleadError as error:
        return error
    return None


@pytest.mark.parametrize("text", FOREIGN)
def test_values_files_that_are_none_are_refused(text: str) -> None:
    assert refusal(read_values, text) is not None


@pytest.mark.parametrize("text", FOREIGN)
@pytest.mark.parametrize("read", [read_values, read_document, read_manifests])
def test_no_reader_repeats_what_it_could_not_read(text: str, read: Callable[[bytes, str], object]) -> None:
    if error := refusal(read, text):
        assert MARKER not in " ".join(f"{problem} {problem.remedy}" for problem in error.problems)
        assert {problem.file for problem in error.problems} == {"v.yaml"}
