from __future__ import annotations

import pytest

from fairlead.domain.chart_places import ChartPlace, is_chart_version, place_of, same_version
from fairlead.domain.config import ChartOci, ChartReference, HelmRepo, Place
from fairlead.domain.errors import InputError
from fairlead.domain.images import ImageName

PLACE = Place("environments.yaml", 3, 1)
STABLE = HelmRepo("stable", "https://charts.test/stable/", PLACE)
TEAM = HelmRepo("team", "https://charts.test/stable/team", PLACE)
REGISTRY = HelmRepo("reg", "oci://reg.test/charts", PLACE)
REPOS = (STABLE, TEAM, REGISTRY)


@pytest.mark.parametrize(
    ("chart", "expected"),
    [
        (ChartReference("stable/shop", "1.0.0"), ChartPlace("https://charts.test/stable", "shop", STABLE)),
        (
            ChartReference("https://charts.test/stable/shop", ""),
            ChartPlace("https://charts.test/stable", "shop", STABLE),
        ),
        (ChartReference("https://charts.test/stable/team/shop", ""), ChartPlace(TEAM.url, "shop", TEAM)),
        (ChartReference("https://charts.test/stable2/shop", ""), ChartPlace("https://charts.test/stable2", "shop")),
        (ChartReference("reg/shop", "1.0.0"), ChartPlace("oci://reg.test/charts", "shop", REGISTRY)),
        (ChartOci("oci://reg.test/charts/shop", "1.0.0"), ChartPlace("oci://reg.test/charts", "shop", REGISTRY)),
        (ChartOci("oci://other.test/shop", "1.0.0"), ChartPlace("oci://other.test", "shop")),
    ],
)
def test_a_reference_leads_to_one_place(chart: ChartReference | ChartOci, expected: ChartPlace) -> None:
    assert place_of(chart, REPOS) == expected


@pytest.mark.parametrize("reference", ["other/small", "small", "stable/", "stable/..", "stable/a b", "a/stable/small"])
def test_references_that_lead_nowhere_are_refused(reference: str) -> None:
    with pytest.raises(InputError) as caught:
        place_of(ChartReference(reference, "1.0.0"), REPOS)
    assert caught.value.code == "chartInvalid"


@pytest.mark.parametrize(
    ("url", "registry", "repository"),
    [
        ("oci://reg.test/charts", "reg.test", "charts/shop"),
        ("oci://reg.test:443/charts", "reg.test", "charts/shop"),
        ("oci://127.0.0.1:5000", "127.0.0.1:5000", "shop"),
        ("oci://localhost", "localhost", "shop"),
        ("oci://registry/charts", "registry:443", "charts/shop"),
        ("oci://registry-1.docker.io/charts", "docker.io", "charts/shop"),
    ],
)
def test_charts_in_registries_are_images_by_name(url: str, registry: str, repository: str) -> None:
    assert ChartPlace(url, "shop").image == ImageName(registry, repository)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("oci:/", "shop"),
        ("https://charts.test", "shop"),
        ("oci://host/..", "a"),
        ("oci://host", "A"),
        ("oci://host", "a:1.0.0"),
        ("oci://host", "a@sha256:" + "0" * 64),
        ("oci://u:p@host", "a"),
        ("oci://host", "a?b"),
    ],
)
def test_references_to_registries_that_are_none_are_refused(url: str, name: str) -> None:
    with pytest.raises(InputError) as caught:
        _ = ChartPlace(url, name).image
    assert caught.value.code == "chartInvalid"


@pytest.mark.parametrize("reference", ["oci://host", "http://host/a", "host/a", "oci:/host/a"])
def test_a_registry_is_named_with_its_scheme(reference: str) -> None:
    with pytest.raises(InputError) as caught:
        place_of(ChartOci(reference, "1.0.0"), REPOS)
    assert caught.value.code == "chartInvalid"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2.3", True),
        ("v1.2.3-rc.1+b.5", True),
        ("1.2", False),
        ("1.2-a.b", False),
        ("^1.2.3", False),
        ("latest", False),
    ],
)
def test_only_exact_versions_are_versions(text: str, *, expected: bool) -> None:
    assert is_chart_version(text) is expected


def test_a_leading_letter_makes_no_other_version() -> None:
    assert same_version("v1.0.0", "1.0.0")
    assert not same_version("1.0.0", "1.0.1")
