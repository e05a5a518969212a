from __future__ import annotations

import pytest

from fairlead.domain.api_lifecycle import RETIREMENTS, kube_minor, retirement


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v1.36.3", (1, 36)),
        ("1.9", (1, 9)),
        ("v1.29.4-gke.100", (1, 29)),
        ("v1.30+", (1, 30)),
        ("latest", None),
        ("", None),
    ],
)
def test_reading_versions(text: str, expected: tuple[int, int] | None) -> None:
    assert kube_minor(text) == expected


def test_no_kind_retires_twice_in_one_version() -> None:
    pairs = [(row.api_version, kind) for row in RETIREMENTS for kind in row.kinds]
    assert len(pairs) == len(set(pairs))


def test_one_version_may_end_at_different_times_for_different_kinds() -> None:
    early, late = retirement("extensions/v1beta1", "Deployment"), retirement("extensions/v1beta1", "Ingress")
    assert early is not None
    assert late is not None
    assert (early.removed_in, late.removed_in) == ((1, 16), (1, 22))
