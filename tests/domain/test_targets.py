from __future__ import annotations

import pytest

from fairlead.domain.config import App, Environment, ManifestFiles, Place, Release
from fairlead.domain.errors import InputError
from fairlead.domain.targets import Target, require_tests
from tests.fakes.descriptors import described

PLACE = Place("apps.yaml", 7, 3, "releases[1]")


def target(source: App | ManifestFiles) -> Target:
    release = Release("web", source, PLACE)
    return Target(Environment("prod", "eu", "shop", PLACE, (release,)), release)


def test_an_app_has_no_tests() -> None:
    require_tests(target(ManifestFiles(())))
    with pytest.raises(InputError) as refused:
        require_tests(target(App(described())))
    assert [(one.code, one.file, one.line, one.path) for one in refused.value.problems] == [
        ("appHasNoTests", "apps.yaml", 7, "releases[1]")
    ]
