from __future__ import annotations

import pytest

from fairlead.domain.config import (
    App,
    ChartDir,
    ChartOci,
    ChartReference,
    Crds,
    IgnoreFields,
    Kustomization,
    ManifestFiles,
    ReleaseSource,
)
from fairlead.domain.upgrades.policy import Policy, Track
from fairlead.domain.upgrades.triggers import ChartTrigger, ImageTrigger
from tests.fakes.declared import Declared, declare_releases


def one(text: str) -> Declared:
    return declare_releases(f"releases:\n- {{name: a, {text}}}\n")


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("chart: {dir: ../charts/shop}", ChartDir("charts/shop")),
        ("chart: {reference: acme/shop, version: 1.10}", ChartReference("acme/shop", "1.10")),
        (
            "chart: {reference: 'oci://r.test:5000/charts/shop', version: 1.2.3}",
            ChartOci("oci://r.test:5000/charts/shop", "1.2.3"),
        ),
        ("resourceFiles: [b.yaml, a.yaml, b.yaml]", ManifestFiles(("apps/b.yaml", "apps/a.yaml"))),
        ("kustomize: {dir: overlays/test}", Kustomization("apps/overlays/test")),
        ("chart: {dir: c}, resourceFiles: []", ChartDir("apps/c")),
    ],
)
def test_what_a_release_deploys(text: str, source: ReleaseSource) -> None:
    declared = one(text)
    assert declared.codes == []
    assert declared.release.source == source


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("wait: true", ["releaseKind"]),
        ("resourceFiles: []", ["releaseKind"]),
        ("chart: {dir: c}, resourceFiles: [m.yaml]", ["releaseKind"]),
        ("chart: {dir: c}, kustomize: {dir: k}", ["releaseKind"]),
        ("chart: {}", ["chartSource"]),
        ("wait: yes, chart: ~", ["releaseKind"]),
        ("chart: {dir: c, reference: acme/x, version: 1}", ["chartSource"]),
        ("chart: {reference: acme/x}", ["missingVersion"]),
        ("chart: {reference: 'oci://r.test/x'}", ["missingVersion"]),
        ("chart: {reference: acmee/x, version: 1}", ["undefinedHelmRepo"]),
        ("chart: {reference: x, version: 1}", ["invalidReference"]),
        ("chart: {reference: acme/x/y, version: 1}", ["invalidReference"]),
        ("chart: {reference: 'https://r.test/x.tgz', version: 1}", ["invalidReference"]),
        ("chart: {reference: 'oci://u:p@r.test/x', version: 1}", ["invalidReference"]),
        ("chart: {reference: 'oci://r.test/x:1', version: 1}", ["invalidReference"]),
        ("chart: {reference: --help, version: 1}", ["invalidValue"]),
        ("chart: {dir: c, version: 1}", ["withoutEffect"]),
        ("chart: {dir: c, crds: delete}", ["invalidValue"]),
        ("chart: {dir: c}, crds: skip", ["unknownKey"]),
        ("kustomize: {}", ["missingKey"]),
        ("kustomize: {dir: k}, values: [{key: a, value: b}]", ["withoutEffect"]),
        ("resourceFiles: [m.yaml], valuesFile: v.yaml", ["withoutEffect"]),
        ("chart: {dir: c}, timeout: 1xs", ["invalidValue"]),
        ("chart: {dir: c}, timeout: -1s", ["invalidValue"]),
        ("chart: {dir: c}, timeout: 9e99h", ["invalidValue"]),
        ("chart: {dir: c}, timeout: 999999h", ["invalidValue"]),
        ("chart: {dir: c}, timeout: 0s", ["invalidValue"]),
        ("chart: {dir: c}, namespace: Bad_Name", ["invalidValue"]),
        ("chart: {dir: c}, dependsOn: [a b]", ["invalidValue"]),
        ("chart: {dir: c}, labels: {a b: c}", ["invalidValue"]),
        ("chart: {dir: c}, labels: {a: 'b c'}", ["invalidValue"]),
        ("chart: {dir: c}, ignoreFields: [{kind: Deployment}]", ["missingKey"]),
        ("chart: {dir: c}, ignoreFields: [{kind: Deployment, paths: [spec.replicas]}]", ["invalidValue"]),
        ("chart: {dir: c}, triggers: [{}]", ["triggerKind"]),
        ("chart: {dir: c}, triggers: [{image: {}, chart: {}}]", ["triggerKind"]),
        ("chart: {dir: c}, triggers: [{image: {track: patchlevel}}]", ["invalidValue"]),
        ("chart: {dir: c}, triggers: [{helm: {track: Newest}}]", ["unknownKey"]),
        ("chart: {dir: c}, trigger: {github: {}}", ["unknownKey"]),
        ("chart: {dir: c}, hooks: []", ["unknownKey"]),
        ("chart: {dir: c}, strategy: blueGreen", ["unknownKey"]),
    ],
)
def test_release_mistakes(text: str, codes: list[str]) -> None:
    assert one(text).codes == codes


@pytest.mark.parametrize(
    "name", ["A", "a_b", "a.b", "-a", "a-", "a" * 54, "''", "a b", "--all", '"a\\nb"', "$(x)", "'a;b'", "`x`"]
)
def test_bad_names(name: str) -> None:
    quoted = name if name.startswith(("'", '"')) else f"'{name}'"
    declared = declare_releases(f"releases: [{{name: {quoted}, chart: {{dir: c}}}}]\n")
    assert declared.codes == ["invalidValue"]


@pytest.mark.parametrize("name", ["a", "a" * 53, "0x10", "1.10".replace(".", "-"), "yes", "123"])
def test_good_names_stay_as_written(name: str) -> None:
    declared = declare_releases(f"releases: [{{name: {name}, chart: {{dir: c}}}}]\n")
    assert declared.codes == []
    assert declared.release.name == name


def test_defaults() -> None:
    release = one("chart: {dir: c}").release
    assert (release.wait, release.prune, release.skip_default_values) == (True, True, False)
    assert (release.timeout_seconds, release.namespace, release.depends_on) == (300.0, None, ())
    assert (release.values_file, release.values, release.triggers, release.labels) == (None, (), (), {})
    assert release.crds is Crds.INSTALL


@pytest.mark.parametrize("crds", Crds)
def test_what_becomes_of_definitions(crds: Crds) -> None:
    assert one(f"chart: {{dir: c, crds: {crds}}}").release.crds is crds
    assert one("resourceFiles: [m.yaml]").release.crds is Crds.INSTALL


def test_everything_else_of_a_release() -> None:
    declared = declare_releases("""\
        releases:
          - {name: db, chart: {dir: c}}
          - name: shop
            chart: {dir: c}
            valuesFile: shop.yaml
            skipDefaultValues: true
            dependsOn: [db, db]
            namespace: other
            timeout: 1m30s
            wait: false
            prune: no
            labels: {team: web, fairlead.dev/tier: ""}
            ignoreFields:
              - {kind: Deployment, name: shop, paths: [/spec/replicas, /metadata/annotations/a~1b]}
              - {kind: Service, paths: [/spec/clusterIP]}
        """)
    assert declared.codes == []
    release = declared.environment.releases[1]
    assert release.values_file == "apps/shop.yaml"
    assert release.skip_default_values
    assert release.depends_on == ("db",)
    assert (release.namespace, release.timeout_seconds, release.wait, release.prune) == ("other", 90.0, False, False)
    assert release.labels == {"team": "web", "fairlead.dev/tier": ""}
    assert release.ignore_fields == (
        IgnoreFields("Deployment", "shop", ("/spec/replicas", "/metadata/annotations/a~1b")),
        IgnoreFields("Service", None, ("/spec/clusterIP",)),
    )


def test_a_single_trigger_comes_after_the_others() -> None:
    declared = one(
        "chart: {dir: c}, trigger: {image: {track: Newest}}, triggers: [{chart: {track: PatchLevel}}, "
        "{image: {repoValue: r, tagValue: t, repoPrefixValue: p}}]"
    )
    assert declared.codes == []
    assert declared.release.triggers == (
        ChartTrigger(Policy(Track.PATCH_LEVEL)),
        ImageTrigger(Policy(), "r", "t", "p"),
        ImageTrigger(Policy(Track.NEWEST), "image.repository", "image.tag", "image.prefix"),
    )


def test_the_near_repository_is_named() -> None:
    (problem,) = one("chart: {reference: acm/x, version: 1}").problems
    assert "`acme`" in (problem.remedy or "")
    assert (problem.line, problem.path) == (2, "releases[0].chart.reference")


POD = "podspec: {containers: [{name: a, image: 'a:1'}]}"


def test_an_app_is_called_as_its_release_and_goes_where_it_goes() -> None:
    declared = one(f"app: {{newVersion: 1.10, {POD}}}")
    assert declared.codes == []
    source = declared.release.source
    assert isinstance(source, App)
    assert (source.descriptor.namespace, source.descriptor.app, source.descriptor.version) == ("ns", "a", "1-10")
    elsewhere = one(f"namespace: other, app: {{newVersion: 1, {POD}}}").release.source
    assert isinstance(elsewhere, App)
    assert elsewhere.descriptor.namespace == "other"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (f"app: {{newVersion: 1, appName: b, {POD}}}", [("appNotRelease", "releases[0].app.appName")]),
        (f"app: {{newVersion: 1, namespace: b, {POD}}}", [("appNotRelease", "releases[0].app.namespace")]),
        ("app: {newVersion: 1}", [("missingKey", "releases[0].app")]),
        (f"app: {{newVersion: 1, hotFor: 1s, {POD}}}", [("invalidValue", "releases[0].app.hotFor")]),
        (f"app: {{newVersion: 1, {POD}}}, chart: {{dir: c}}", [("releaseKind", "releases[0]")]),
        (f"app: {{newVersion: 1, {POD}}}, patches: []", [("withoutEffect", "releases[0].patches")]),
        (f"app: {{newVersion: 1, {POD}}}, values: []", [("withoutEffect", "releases[0].values")]),
        (f"app: {{newVersion: 1, {POD}}}, trigger: {{image: {{}}}}", [("withoutEffect", "releases[0].trigger")]),
        (f"app: {{newVersion: '#', {POD}}}, triggers: [{{image: {{}}}}]", []),
        (f"app: {{newVersion: 1, redirectWww: true, {POD}}}", [("notYetInEffect", "releases[0].app.redirectWww")]),
    ],
    ids=range(10),
)
def test_what_an_app_may_not_say(text: str, codes: list[tuple[str, str]]) -> None:
    problems = one(text).problems
    assert [(problem.code, problem.path) for problem in problems] == codes
    assert all(problem.file == "apps/apps.yaml" and problem.line == 2 for problem in problems)


def test_an_app_in_a_release_without_a_name() -> None:
    declared = declare_releases(f"releases:\n- {{app: {{newVersion: 1, {POD}}}}}\n")
    assert "missingKey" in declared.codes
