"""Updates are written where the effective text comes from, and only if nothing else changes with them."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent

import pytest

from fairlead.domain.errors import InputError
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.upgrades.chosen import HEADER
from fairlead.domain.upgrades.updates import Holds, Standing, Update
from fairlead.domain.values import Layer
from fairlead.pipeline.load import Loaded
from fairlead.pipeline.upgrades.patching import Patched, Patching

HEAD = "clusters: [{name: c, provider: {minikube: {}}}]\n"
ONE = "environments:\n- {name: test, clusterName: c, kubeNamespace: shop, releasesFiles: [apps.yaml]}\n"
TWO = ONE + "- {name: prod, clusterName: c, kubeNamespace: shop, releasesFiles: [apps.yaml]}\n"


@dataclass
class Repository:
    """Declared files, and updates of them."""

    root: Path

    def write(self, **files: str) -> None:
        for name, text in files.items():
            file = self.root / f"{name.replace('__', '/')}.yaml"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(dedent(text).encode())

    async def patch(self, *updates: Update, charts: bool = False) -> tuple[Patched, ...]:
        return await Patching(self.root / "environments.yaml", self.root, {}, charts).patch(updates)

    def read(self, name: str) -> str:
        return (self.root / name).read_bytes().decode()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (tmp_path / "web" / "values.yaml").write_text("image: {tag: v1}\n")
    found = Repository(tmp_path)
    found.write(environments=HEAD + ONE)
    return found


def update(
    to: str = "v2",
    *,
    release: str = "web",
    environment: str = "test",
    layer: Layer | None = Layer.VALUES,
    file: str | None = "apps.yaml",
    key: str = "image.tag",
    holds: Holds = Holds.TAG,
    text: str = "v1",
) -> Update:
    standing = Standing(key, holds, text, layer, file)
    release_key = ReleaseKey(environment, "c", "shop", release)
    return Update(release_key, standing, "docker.io/acme/web", "v1", to, "Newest", "newer")


APPS = """\
# our shop
releases:
  - name: web
    chart: {dir: web}
    values:
      - {key: image.tag, value: v1}  # follows
  - name: api
    chart: {dir: web}
    values: [{key: image.tag, value: 'v1'}]
"""


async def test_an_inline_value_is_changed_where_it_stands(repository: Repository) -> None:
    repository.write(apps=APPS)

    (done,) = await repository.patch(update())

    assert (done.changed, done.file, done.line, done.note) == (True, "apps.yaml", 6, "")
    assert repository.read("apps.yaml") == APPS.replace("value: v1}  #", "value: v2}  #")


async def test_several_updates_of_one_file_go_together(repository: Repository) -> None:
    repository.write(apps=APPS)

    done = await repository.patch(update("v3.10"), update("1.10", release="api"))

    assert all(one.changed for one in done)
    expected = APPS.replace("value: v1}  #", "value: v3.10}  #").replace("'v1'", "'1.10'")
    assert repository.read("apps.yaml") == expected


async def test_part_of_a_longer_value(repository: Repository) -> None:
    apps = "releases: [{name: web, chart: {dir: web}, values: [{key: image, value: acme/web:v1}]}]\n"
    repository.write(apps=apps)

    await repository.patch(update(key="image", holds=Holds.REFERENCE, text="acme/web:v1"))

    assert repository.read("apps.yaml") == apps.replace(":v1", ":v2")


async def test_a_value_within_a_structure(repository: Repository) -> None:
    apps = "releases: [{name: web, chart: {dir: web}, values: [{key: image, type: json, value: {tag: v1, pull: a}}]}]\n"
    repository.write(apps=apps)

    await repository.patch(update())

    assert repository.read("apps.yaml") == apps.replace("v1", "v2")


async def test_the_values_file_of_a_release(repository: Repository) -> None:
    values = "image:\n  tag: v1 # here\n  pull: a\n"
    repository.write(apps="releases: [{name: web, chart: {dir: web}, valuesFile: v.yaml}]\n", v=values)

    (done,) = await repository.patch(update(layer=Layer.VALUES_FILE, file="v.yaml"))

    assert (done.file, done.line) == ("v.yaml", 2)
    assert repository.read("v.yaml") == values.replace("v1", "v2")


async def test_the_version_of_a_chart(repository: Repository) -> None:
    apps = "releases:\n- name: web\n  chart: {reference: 'oci://r.example.org/web', version: 1.0.9}\n"
    repository.write(apps=apps)

    await repository.patch(update("1.0.10", layer=None, key="chart.version", holds=Holds.CHART_VERSION, text="1.0.9"))

    assert repository.read("apps.yaml") == apps.replace("1.0.9", "1.0.10")


async def test_the_version_of_a_chart_that_others_share_stays(repository: Repository) -> None:
    apps = (
        "releases:\n- {name: web, chart: &c {reference: 'oci://r.example.org/web', version: 1.0.9}}\n"
        "- {name: api, chart: *c}\n"
    )
    repository.write(apps=apps)
    chart = {"layer": None, "key": "chart.version", "holds": Holds.CHART_VERSION, "text": "1.0.9"}

    done = [(await repository.patch(update("1.0.10", release=name, **chart)))[0] for name in ("web", "api")]  # type: ignore[arg-type] # one word for each

    assert [one.changed for one in done] == [False, False]
    assert repository.read("apps.yaml") == apps


DEFAULTS = (
    "- {name: test, clusterName: c, kubeNamespace: shop, releasesFiles: [apps.yaml], defaultValuesFile: d.yaml}\n"
)


async def test_defaults_that_others_use_stay_and_the_release_gets_its_own(repository: Repository) -> None:
    repository.write(
        environments=HEAD + "environments:\n" + DEFAULTS,
        d="image: {tag: v1}\n",
        apps="releases:\n- name: web\n  chart: {dir: web}\n- {name: api, chart: {dir: web}}\n",
    )

    (done,) = await repository.patch(update(layer=Layer.DEFAULT_VALUES_FILE, file="d.yaml"))

    assert (done.changed, done.file, bool(done.note)) == (True, "apps.yaml", True)
    assert repository.read("d.yaml") == "image: {tag: v1}\n"
    assert repository.read("apps.yaml") == (
        "releases:\n- name: web\n  chart: {dir: web}\n  values:\n    - key: image.tag\n      value: v2\n"
        "- {name: api, chart: {dir: web}}\n"
    )


async def test_defaults_that_only_this_release_uses_are_changed(repository: Repository) -> None:
    repository.write(
        environments=HEAD + "environments:\n" + DEFAULTS,
        d="image: {tag: v1}\n",
        apps="releases: [{name: web, chart: {dir: web}}]\n",
    )

    (done,) = await repository.patch(update(layer=Layer.DEFAULT_VALUES_FILE, file="d.yaml"))

    assert (done.file, repository.read("d.yaml")) == ("d.yaml", "image: {tag: v2}\n")


async def test_inline_defaults_of_an_environment(repository: Repository) -> None:
    environments = (
        HEAD + "environments:\n- {name: test, clusterName: c, kubeNamespace: shop, releasesFiles: [apps.yaml],\n"
        "   defaultValues: [{key: image.tag, value: v1}]}\n"
    )
    repository.write(environments=environments, apps="releases: [{name: web, chart: {dir: web}}]\n")

    (done,) = await repository.patch(update(layer=Layer.DEFAULT_VALUES, file="environments.yaml"))

    assert (done.file, done.line) == ("environments.yaml", 4)
    assert repository.read("environments.yaml") == environments.replace("v1", "v2")


async def test_a_charts_own_value_stays_unless_asked(repository: Repository) -> None:
    repository.write(apps="releases: [{name: web, chart: {dir: web}}]\n")
    chart = update(layer=Layer.CHART, file="web/values.yaml")

    (added,) = await repository.patch(chart)
    assert (added.file, repository.read("web/values.yaml")) == ("apps.yaml", "image: {tag: v1}\n")

    repository.write(apps="releases: [{name: web, chart: {dir: web}}]\n")
    (asked,) = await repository.patch(chart, charts=True)
    assert (asked.file, repository.read("web/values.yaml")) == ("web/values.yaml", "image: {tag: v2}\n")


async def test_a_charts_own_value_that_others_use_stays_even_when_asked(repository: Repository) -> None:
    repository.write(apps="releases:\n- {name: web, chart: {dir: web}}\n- {name: api, chart: {dir: web}}\n")

    (done,) = await repository.patch(update(layer=Layer.CHART, file="web/values.yaml"), charts=True)

    assert (done.file, repository.read("web/values.yaml")) == ("apps.yaml", "image: {tag: v1}\n")


async def test_a_file_of_two_environments_is_changed_when_both_want_it(repository: Repository) -> None:
    repository.write(environments=HEAD + TWO, apps=APPS)

    done = await repository.patch(update(), update(environment="prod"))

    assert [one.changed for one in done] == [True, True]
    assert repository.read("apps.yaml") == APPS.replace("value: v1}  #", "value: v2}  #")


@pytest.mark.parametrize(
    "others", [(), (update("v3", environment="prod"),)], ids=["only one wants it", "another version"]
)
async def test_and_otherwise_it_stays(repository: Repository, others: tuple[Update, ...]) -> None:
    repository.write(environments=HEAD + TWO, apps=APPS)

    done = await repository.patch(update(), *others)

    assert not any(one.changed for one in done)
    assert all(one.note for one in done)
    assert repository.read("apps.yaml") == APPS


async def test_what_cannot_be_written_stops_no_other(repository: Repository) -> None:
    environments = HEAD + TWO + "- {name: own, clusterName: c, kubeNamespace: shop, releasesFiles: [own.yaml]}\n"
    repository.write(environments=environments, apps=APPS, own=APPS)

    shared, own = await repository.patch(update(), update(environment="own", file="own.yaml"))

    assert (shared.changed, own.changed) == (False, True)
    assert repository.read("apps.yaml") == APPS


async def test_environments_that_agree_are_not_stopped_by_another_that_needs_more(repository: Repository) -> None:
    environments = HEAD + TWO + "- {name: own, clusterName: c, kubeNamespace: shop, releasesFiles: [own.yaml]}\n"
    repository.write(environments=environments, apps=APPS, own="releases: [{name: web, chart: {dir: web}}]\n")
    own = update(environment="own", layer=Layer.CHART, file="web/values.yaml")

    done = await repository.patch(update(), own, update(environment="prod"))

    assert [(one.changed, one.file) for one in done] == [(True, "apps.yaml"), (True, "own.yaml"), (True, "apps.yaml")]
    assert repository.read("apps.yaml") == APPS.replace("value: v1}  #", "value: v2}  #")


async def test_environments_that_agree_get_one_value_in_the_file_that_they_share(repository: Repository) -> None:
    repository.write(environments=HEAD + TWO, apps="releases:\n- name: web\n  chart: {dir: web}\n")
    chart = update(layer=Layer.CHART, file="web/values.yaml")

    done = await repository.patch(chart, replace(chart, release=update(environment="prod").release))

    assert [(one.changed, one.line) for one in done] == [(True, 6), (True, 6)]
    assert repository.read("apps.yaml") == (
        "releases:\n- name: web\n  chart: {dir: web}\n  values:\n    - key: image.tag\n      value: v2\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "releases:\n- name: web\n  chart: {dir: web}\n",
            (
                "releases:\n- name: web\n  chart: {dir: web}\n  values:\n    - key: image.tag\n      value: v2\n"
                "    - key: proxy.tag\n      value: v3\n"
            ),
        ),
        (
            "releases: [{name: web, chart: {dir: web}, values: []}]\n",
            (
                "releases: [{name: web, chart: {dir: web}, values: "
                "[{key: image.tag, value: v2}, {key: proxy.tag, value: v3}]}]\n"
            ),
        ),
    ],
    ids=["no list", "empty list"],
)
async def test_two_values_are_added_to_one_release(repository: Repository, before: str, after: str) -> None:
    repository.write(apps=before)
    chart = update(layer=Layer.CHART, file="web/values.yaml")

    done = await repository.patch(chart, update("v3", layer=Layer.CHART, file="web/values.yaml", key="proxy.tag"))

    assert [one.changed for one in done] == [True, True]
    assert repository.read("apps.yaml") == after


async def test_lines_are_those_of_the_files_as_they_are_now(repository: Repository) -> None:
    repository.write(
        apps="releases:\n- name: web\n  chart: {dir: web}\n- name: api\n  chart: {dir: web}\n  values:\n"
        "  - {key: image.tag, value: v1}\n"
    )

    api, web = await repository.patch(
        update(release="api"), update(layer=Layer.CHART, file="web/values.yaml", key="image.tag")
    )

    lines = repository.read("apps.yaml").splitlines()
    assert (api.line, web.line) == (10, 6)
    assert "v2" in lines[9]
    assert "v2" in lines[5]


async def test_a_value_of_nothing_is_not_lost(repository: Repository) -> None:
    apps = (
        "releases:\n- &own\n  name: own\n  chart: {dir: web}\n  values: [{key: proxy, type: json, value: null}]\n"
        "- <<: *own\n  name: web\n"
    )
    repository.write(apps=apps)

    (done,) = await repository.patch(update(layer=Layer.CHART, file="web/values.yaml"))

    assert not done.changed
    assert repository.read("apps.yaml") == apps


async def test_an_anchor_goes_along_when_all_that_use_it_agree(repository: Repository) -> None:
    apps = (
        "releases:\n- name: web\n  chart: {dir: web}\n  values: [{key: image.tag, value: &tag v1}]\n"
        "- name: api\n  chart: {dir: web}\n  values: [{key: image.tag, value: *tag}]\n"
        "- {name: own, chart: {dir: web}}\n"
    )
    repository.write(apps=apps)
    own = update(release="own", layer=Layer.CHART, file="web/values.yaml")

    done = await repository.patch(update(), update(release="api"), own)

    assert [one.changed for one in done] == [True, True, True]
    assert repository.read("apps.yaml") == apps.replace("v1", "v2").replace("*tag", "v2").replace(
        "{dir: web}}", "{dir: web}, values: [{key: image.tag, value: v2}]}"
    )


async def test_an_anchor_that_others_use_stays(repository: Repository) -> None:
    apps = (
        "releases:\n- name: web\n  chart: {dir: web}\n  values: [{key: image.tag, value: &tag v1}]\n"
        "- name: api\n  chart: {dir: web}\n  values: [{key: image.tag, value: *tag}]\n"
    )
    repository.write(apps=apps)

    (web,) = await repository.patch(update())
    (api,) = await repository.patch(update("v5", release="api"))

    assert (web.changed, api.changed) == (True, True)
    assert web.note
    assert "value: &tag v1}, {key: image.tag, value: v2}]" in repository.read("apps.yaml")
    assert "value: v5}]" in repository.read("apps.yaml")


@pytest.mark.parametrize("to", ['v1"\n  command: x #', "v2\n- name: evil", "${x}", "v2 # x", "'", "\\"])
async def test_hostile_text_changes_one_value_and_nothing_else(repository: Repository, to: str) -> None:
    repository.write(apps=APPS)

    (done,) = await repository.patch(update(to))

    assert done.changed
    again = update("v1", text=to)
    await repository.patch(again)
    assert repository.read("apps.yaml").replace('"v1"', "v1") == APPS


async def test_bytes_that_people_care_for_stay(repository: Repository) -> None:
    file = repository.root / "apps.yaml"
    content = b"\xef\xbb\xbf" + APPS.replace("\n", "\r\n").replace("our shop", "our 😀 shop").encode()
    file.write_bytes(content)
    file.chmod(0o640)

    await repository.patch(update())

    assert file.read_bytes() == content.replace(b"value: v1}  #", b"value: v2}  #")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(found.name for found in repository.root.iterdir()) == ["apps.yaml", "environments.yaml", "web"]


async def test_a_link_stays_a_link(repository: Repository) -> None:
    (repository.root / "real.yaml").write_text(APPS)
    (repository.root / "apps.yaml").symlink_to("real.yaml")

    await repository.patch(update(file="real.yaml"))

    assert (repository.root / "apps.yaml").is_symlink()
    assert "v2" in repository.read("real.yaml")


async def test_a_file_that_somebody_changed_meanwhile_is_not_overwritten(repository: Repository) -> None:
    repository.write(apps=APPS)
    patching = Patching(repository.root / "environments.yaml", repository.root, {})
    theirs = APPS.replace("our", "their")

    class Meddling(Patching):
        """Somebody writes between our reading and our writing."""

        def load(self, contents: Mapping[str, bytes]) -> Loaded:
            found = super().load(contents)
            if contents:
                (self.root / "apps.yaml").write_text(theirs)
            return found

    with pytest.raises(InputError) as caught:
        await Meddling(patching.environments_file, patching.root, {}).patch([update()])

    assert caught.value.code == "changedMeanwhile"
    assert repository.read("apps.yaml") == theirs


async def test_values_of_secrets_are_not_needed(repository: Repository) -> None:
    repository.write(
        apps="releases:\n- name: web\n  chart: {dir: web}\n  values:\n  - {key: p, valueFrom: {env: NOT_SET}}\n"
        "  - {key: image.tag, value: v1}\n"
    )

    (done,) = await repository.patch(update())

    assert done.changed


LOCKED = """\
releases:
  - name: web
    lockFile: true
    chart: {dir: web}
    values: [{key: image.tag, value: v1}]
"""


async def test_with_a_lock_file_nothing_that_people_wrote_changes(repository: Repository) -> None:
    repository.write(environments=HEAD + TWO, apps=LOCKED)

    (done,) = await repository.patch(update())

    assert (done.changed, done.file, done.line) == (True, "apps.lock.yaml", 3)
    assert repository.read("apps.yaml") == LOCKED
    entry = "  - {environment: test, release: web, key: image.tag, declared: v1, value: v2}\n"
    assert repository.read("apps.lock.yaml") == HEADER + entry
    assert stat.S_IMODE((repository.root / "apps.lock.yaml").stat().st_mode) & 0o600 == 0o600

    locked = update("v3", layer=Layer.LOCK_FILE, file="apps.lock.yaml", text="v2")
    production = update("v3", environment="prod")
    both = await repository.patch(locked, production)

    assert [(one.changed, one.line) for one in both] == [(True, 3), (True, 4)]
    assert repository.read("apps.lock.yaml") == HEADER + entry.replace("v2", "v3") + entry.replace(
        "test", "prod"
    ).replace("v2", "v3")
    assert repository.read("apps.yaml") == LOCKED


async def test_a_tag_that_is_declared_by_hand_wins_over_the_lock_file(repository: Repository) -> None:
    repository.write(apps=LOCKED)
    await repository.patch(update())
    repository.write(apps=LOCKED.replace("v1", "v5"))

    (done,) = await repository.patch(update("v6", text="v5"))

    assert done.changed
    entry = "  - {environment: test, release: web, key: image.tag, declared: v5, value: v6}\n"
    assert repository.read("apps.lock.yaml") == HEADER + entry


async def test_the_default_of_a_chart_is_kept_in_the_lock_file_too(repository: Repository) -> None:
    apps = "releases: [{name: web, chart: {dir: web}, lockFile: true}]\n"
    repository.write(apps=apps)

    (done,) = await repository.patch(update(layer=Layer.CHART, file="web/values.yaml"))

    assert (done.changed, done.note) == (True, "")
    assert repository.read("apps.lock.yaml") == HEADER + (
        "  - {environment: test, release: web, key: image.tag, value: v2}\n"
    )
    assert repository.read("apps.yaml") == apps


async def test_a_chart_s_version_stays_where_it_is_declared(repository: Repository) -> None:
    apps = "releases:\n- {name: web, lockFile: true, chart: {reference: 'oci://r.example.org/web', version: 1.0.9}}\n"
    repository.write(apps=apps)

    await repository.patch(update("1.0.10", layer=None, key="chart.version", holds=Holds.CHART_VERSION, text="1.0.9"))

    assert repository.read("apps.yaml") == apps.replace("1.0.9", "1.0.10")
    assert not (repository.root / "apps.lock.yaml").exists()


async def test_a_lock_file_that_is_broken_is_not_written(repository: Repository) -> None:
    repository.write(apps=LOCKED)
    (repository.root / "apps.lock.yaml").write_text("chosen: []\n")

    (done,) = await repository.patch(update())

    assert not done.changed
    assert repository.read("apps.lock.yaml") == "chosen: []\n"
    assert repository.read("apps.yaml") == LOCKED


IMAGE = "podspec.containers[0].image"
SHOP = """\
releases:
  - name: web
    app:
      newVersion: "#"   # the next one
      podspec:
        containers:
          - name: app
            image:   'acme/web:v1'    # follows
            env: [{name: IMAGE, value: "acme/web:v1"}]
    trigger: {image: {track: MinorVersion}}
"""


def of_app(environment: str = "test", to: str = "v2") -> Update:
    where = update(to, environment=environment, layer=Layer.APP, key=IMAGE, holds=Holds.REFERENCE, text="acme/web:v1")
    return replace(where, subject="docker.io/acme/web")


async def test_the_image_of_an_app_is_changed_where_its_container_names_it(repository: Repository) -> None:
    repository.write(apps=SHOP)

    (done,) = await repository.patch(of_app())

    assert (done.changed, done.file, done.line, done.note) == (True, "apps.yaml", 8, "")
    assert repository.read("apps.yaml") == SHOP.replace("'acme/web:v1'", "'acme/web:v2'")


async def test_an_app_that_environments_share_changes_for_all_of_them_or_for_none(repository: Repository) -> None:
    repository.write(environments=HEAD + TWO, apps=SHOP)

    (alone,) = await repository.patch(of_app())
    assert (alone.changed, repository.read("apps.yaml")) == (False, SHOP)
    assert "lockFile" not in alone.note  # values alone have one

    both = await repository.patch(of_app(), of_app("prod"))
    assert all(one.changed for one in both)
    assert repository.read("apps.yaml") == SHOP.replace("'acme/web:v1'", "'acme/web:v2'")


async def test_an_app_keeps_nothing_in_a_lock_file(repository: Repository) -> None:
    repository.write(apps=SHOP.replace("    trigger", "    lockFile: true\n    trigger"))

    (done,) = await repository.patch(of_app())

    assert (done.changed, done.file) == (True, "apps.yaml")
    assert not list(repository.root.glob("*lock*"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            SHOP.replace("- name: app", "- &web\n            name: app") + "  - {name: api, app: {newVersion: '#', "
            "podspec: {containers: [*web]}}}\n",
            None,
        ),
        (
            SHOP.replace("'acme/web:v1'    #", "&image acme/web:v1    #").replace('"acme/web:v1"', "*image"),
            None,
        ),
        (SHOP.replace("image:   'acme/web:v1'", 'image: "acme/web:v1"'), 'image: "acme/web:v2"'),
        (SHOP.replace("image:   'acme/web:v1'", "image: acme/web:v1"), "image: acme/web:v2"),
    ],
    ids=["container-of-two", "image-of-two", "double", "plain"],
)
async def test_what_others_would_change_with_stays(repository: Repository, text: str, expected: str | None) -> None:
    repository.write(apps=text)

    (done,) = await repository.patch(of_app())

    assert done.changed is (expected is not None)
    after = repository.read("apps.yaml")
    assert after == (text if expected is None else text.replace(expected.replace("v2", "v1"), expected))
