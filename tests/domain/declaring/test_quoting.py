from __future__ import annotations

import pytest

from fairlead.domain.declaring.quoting import LONGEST, quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x", "'x'"),
        ("a\nb", "'a\\nb'"),
        ("https://ci:hush@x.test/y", "'https://***@x.test/y'"),
        ("oci://token@x.test", "'oci://***@x.test'"),
        ("mail@x.test", "'mail@x.test'"),
    ],
)
def test_texts_are_quoted_without_credentials(text: str, shown: str) -> None:
    assert quoted(text) == shown


def test_long_texts_are_cut() -> None:
    assert len(quoted("x" * 1000)) == LONGEST + 2
