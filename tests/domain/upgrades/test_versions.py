from __future__ import annotations

import pytest

from fairlead.domain.upgrades.versions import parse_version, same_version


@pytest.mark.parametrize(
    ("text", "numbers", "pre"),
    [
        ("v1.0", (1, 0, 0), ()),
        ("1", (1, 0, 0), ()),
        ("v1", (1, 0, 0), ()),
        ("vv1", (1, 0, 0), ()),
        ("1.2.3-rc.1+b", (1, 2, 3), ("rc", 1)),
        ("v1.1.0-2+build3", (1, 1, 0), (2,)),
        ("20180203", (20180203, 0, 0), ()),
        ("v20170911-0926", (20170911, 0, 0), (926,)),
        ("01.02.03", (1, 2, 3), ()),
        ("1-alpine", (1, 0, 0), ("alpine",)),
        ("1.2-", None, None),
        (str(2**63 - 1), (2**63 - 1, 0, 0), ()),
        (str(2**63), None, None),
        ("9" * 20, None, None),
        ("1." + "0" * 300, None, None),
        *(
            (text, None, None)
            for text in ("deadbeef", "3842bd0", "V1", "1.2.3.4", "1.2_3", "e618702", "v", "1.x", "=1.0")
        ),
        *((text, None, None) for text in ("", "latest", "1e5", "1.2.3\n", "\u0661.2", "1.2.3-\u00e4", " 1")),
    ],
)
def test_what_is_a_version(text: str, numbers: tuple[int, int, int] | None, pre: tuple[int | str, ...] | None) -> None:
    version = parse_version(text)
    assert (version and (version.major, version.minor, version.patch)) == numbers
    assert (version and version.pre) == pre


def test_the_order_of_semantic_versioning() -> None:
    """The example of Semantic Versioning 2.0, section 11, and numbers before words."""
    texts = ["1.0.0-0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"]
    texts += ["1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2", "1.10", "2"]
    versions = [version for version in map(parse_version, texts) if version is not None]
    assert [version.text for version in sorted(versions, key=lambda one: one.precedence)] == texts


def test_build_metadata_does_not_count() -> None:
    first, second = parse_version("1.0.0+a"), parse_version("v1+b")
    assert first is not None
    assert second is not None
    assert first.precedence == second.precedence


@pytest.mark.parametrize(
    ("text", "is_date"),
    [("12345", True), ("123456", True), ("000123", True), ("9999", False), ("9999.1", False), ("10000.0.1", True)],
)
def test_dates(text: str, is_date: bool) -> None:
    version = parse_version(text)
    assert version is not None
    assert version.is_date is is_date


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1.0", "v1.0.0", True),
        ("1.0", "1.0.1", False),
        ("main", "main", True),
        ("main", "other", False),
        ("main", "1", False),
    ],
)
def test_spellings_of_one_version(one: str, other: str, same: bool) -> None:
    assert same_version(one, other) is same
    assert same_version(other, one) is same
