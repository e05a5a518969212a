from __future__ import annotations

import pytest

from fairlead.domain.config import App, Environment, ManifestFiles, Place, Release
from fairlead.domain.errors import InputError
from fairlead.domain.targets import Target, require_no_apps
from tests.fakes.descriptors import described

PLACE = Place("apps.yaml", 7, 3, "releases[1]")


def target(source: App | ManifestFiles, name: str = "web") -> Target:
    release = Release(name, source, PLACE)
    return Target(Environment("prod", "eu", "shop", PLACE, (release,)), release)


def test_apps_are_refused_where_they_are_not_known() -> None:
    app = App(described())
    with pytest.raises(InputError) as refused:
        require_no_apps([target(app), target(ManifestFiles(())), target(app, "api")])
    assert [(one.code, one.file, one.line, one.path) for one in refused.value.problems] == [
        ("appRelease", "apps.yaml", 7, "releases[1]")
    ] * 2
    require_no_apps([target(ManifestFiles(()))])
