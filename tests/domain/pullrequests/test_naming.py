"""Which group a trigger's updates go into."""

from __future__ import annotations

from dataclasses import replace

from fairlead.domain.pullrequests.naming import group_names, name_of
from fairlead.domain.upgrades.updates import Holds
from tests.domain.pullrequests.updates import update
from tests.fakes.declared import declare

HEAD = "clusters: [{name: c, provider: {minikube: {}}}]\nenvironments:\n"
ONE = "- {name: test, clusterName: c, kubeNamespace: shop, releasesFiles: [apps.yaml]}\n"
TWO = "- {name: prod, clusterName: c, kubeNamespace: shop, releasesFiles: [apps.yaml, prod.yaml]}\n"
APPS = """\
releases:
- name: web
  chart: {dir: web}
  triggers: [{image: {track: Newest}}, {image: {track: Newest, tagValue: side.tag, group: backend}}]
"""
PROD = """\
releases:
- {name: api, chart: {reference: "oci://r.test/api", version: 1.0.0}, trigger: {chart: {track: Newest}}}
"""


def names(environments: str) -> dict[tuple[str, str, str], str]:
    found = declare(HEAD + environments, {"apps.yaml": APPS, "prod.yaml": PROD})
    assert found.codes == []
    environs = found.declaration.environments
    return {(key.environment, key.release, what): name for (key, what), name in group_names(environs).items()}


def test_a_release_is_a_group_and_a_file_of_two_environments_is_one() -> None:
    assert names(ONE + TWO) == {
        ("test", "web", "image.tag"): "test.web",
        ("test", "web", "side.tag"): "backend",
        ("prod", "web", "image.tag"): "test.web",
        ("prod", "web", "side.tag"): "backend",
        ("prod", "api", "chart.version"): "prod.api",
    }


def test_an_update_belongs_to_the_group_of_its_trigger() -> None:
    found = declare(HEAD + ONE, {"apps.yaml": APPS}).declaration.environments
    known = group_names(found)
    web = update()
    key = replace(web.release, cluster="c")

    def named(what: str, release: str = "web") -> str:
        standing = replace(web.standing, key=what, holds=Holds.TAG)
        return name_of(replace(web, release=replace(key, release=release), standing=standing), known)

    assert named("image.tag") == "test.web"
    assert named("side.tag") == "backend"
    assert named("image.repository") == "test.web"
    assert named("image.tag", "unknown") == "test.unknown"
