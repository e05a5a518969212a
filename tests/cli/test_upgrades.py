"""`poll` and `observe` over a registry in memory: what is shown, and how it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from fairlead.bootstrap import Wishes, open_application
from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.published import ChartVersion
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.application import Application
from fairlead.ports.events import EventSink
from fairlead.ports.registry import Registry
from fairlead.settings import Settings
from tests.conftest import Golden
from tests.fakes.clock import FakeClock
from tests.fakes.registry import FakeRegistry
from tests.fakes.repository import write_files
from tests.fakes.terminal import Ended, Terminal
from tests.fakes.upgrades import DAY, NOW, digest, made

ENVIRONMENTS = """\
clusters: [{name: eu, provider: {minikube: {}}}, {name: us, provider: {minikube: {}}}]
helmRepos: [{name: acme, url: "https://charts.acme.test"}]
environments:
  - name: test
    clusterName: eu
    kubeNamespace: shop-test
    defaultValues: [{key: image.prefix, value: reg.test/}]
    releasesFiles: [apps.yaml]
  - name: production
    clusterName: us
    kubeNamespace: shop
    defaultValues: [{key: image.prefix, value: mirror.test/}]
    releasesFiles: [apps.yaml]
"""
APPS = """\
releases:
  - name: web
    chart: {dir: web}
    values:
      - {key: image.repository, value: shop/web}
      - {key: image.tag, value: 1.4.2}
      - {key: worker, value: "reg.test/shop/worker:main-7"}
    triggers:
      - image: {track: MinorVersion}
      - image: {track: Newest, match: "main-([0-9]+)", extract: $1, order: numerical, tagValue: worker, digest: pin}
  - name: cache
    chart: {reference: acme/cache, version: 1.2.3}
    triggers: [{chart: {track: PatchLevel}}]
  - name: api
    chart: {dir: web}
    values: [{key: image.repository, value: shop/api}, {key: image.tag, value: stable}]
    trigger: {image: {track: PatchLevel}}
"""


@dataclass
class Shop:
    """A repository, and the registry in memory that it asks."""

    root: Path
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    offline: list[bool] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    async def asked(self) -> Registry:
        return self.registry

    @asynccontextmanager
    async def application(
        self, settings: Settings, wishes: Wishes, sink: EventSink, redactor: Redactor
    ) -> AsyncIterator[Application]:
        self.offline.append(wishes.offline)
        redactor.register(self.secrets)
        async with open_application(settings, wishes, sink, redactor) as application:
            upgrading = replace(application.upgrading, registry=self.asked, clock=FakeClock(NOW))
            yield replace(application, upgrading=upgrading)

    def run(self, *arguments: str, width: int | None = None) -> Ended:
        return Terminal(self.root, open=self.application, width=width).run(*arguments)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    files = {"environments.yaml": ENVIRONMENTS, "apps.yaml": APPS, "web/": ""}
    write_files(tmp_path / "shop", files)
    shop = Shop(tmp_path / "shop")
    for tag in ("1.4.2", "1.5.0", "2.0.0"):
        shop.registry.publish(f"reg.test/shop/web:{tag}", made(2))
    for tag in ("main-7", "main-9", "main-8"):
        shop.registry.publish(f"reg.test/shop/worker:{tag}", made(1, "a"))
    shop.registry.publish("mirror.test/shop/web:1.4.2", made(2))
    shop.registry.publish_chart("acme/cache", ChartVersion("1.2.3", NOW - 9 * DAY), ChartVersion("1.2.4"))
    for registry in ("reg.test", "mirror.test"):
        shop.registry.publish(f"{registry}/shop/api:stable", made())
    return shop


def test_everything(shop: Shop, golden: Golden) -> None:
    ended = shop.run("poll", width=100)
    assert (ended.code, ended.stderr) == (0, "")
    golden("cli/poll.txt", ended.stdout)
    as_json = shop.run("poll", "--output", "json")
    assert (as_json.code, as_json.stderr) == (0, "")
    golden("cli/poll.json", as_json.stdout)


@pytest.mark.parametrize(
    ("arguments", "code", "updates"),
    [
        (("test", "--detailed-exitcode"), 3, ["test/web", "test/web", "test/cache"]),
        (("test", "-r", "cache"), 0, ["test/cache"]),
        (("--cluster", "us", "-r", "cache"), 0, ["production/cache"]),
        (("--image", "reg.test/shop/web", "--detailed-exitcode"), 3, ["test/web"]),
        (("--image", "mirror.test/shop/web:1.0", "--detailed-exitcode"), 0, []),
        (("--all", "-r", "api", "--detailed-exitcode"), 0, []),
    ],
)
def test_what_is_asked_about(shop: Shop, arguments: tuple[str, ...], code: int, updates: list[str]) -> None:
    ended = shop.run("poll", *arguments, "--output", "json")
    assert ended.code == code
    found = [f"{one['environment']}/{one['release']}" for one in ended.document["updates"]]
    assert found == updates


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("poll", "tset"), "unknownEnvironment"),
        (("poll", "test", "-r", "wbe"), "unknownRelease"),
        (("poll", "--image", "reg.test/shop/wbe"), "unknownImage"),
        (("poll", "--image", "Reg test"), "imageInvalid"),
        (("observe",), "announcement"),
        (("observe", "--image", "a:1", "--chart", "a/b:1"), "announcement"),
        (("observe", "--image", "reg.test/shop/web"), "imageWithoutTag"),
        (("observe", "--chart", "acme/cache"), "chartInvalid"),
        (("observe", "--image", "a:1", "--time", "soon"), "invalidTime"),
    ],
)
def test_wrong_words(shop: Shop, arguments: tuple[str, ...], code: str) -> None:
    ended = shop.run(*arguments, "--output", "json")
    assert (ended.code, ended.document["errors"][0]["code"]) == (2, code)


def test_only_when_everything_failed_has_polling_failed(shop: Shop) -> None:
    shop.registry.failing["reg.test/shop/web"] = RemoteRefused(Problem("registryRefused", "no"), status=403)
    part = shop.run("poll", "test", "-r", "web", "--output", "json")
    assert part.code == 0
    assert [one["code"] for one in part.document["skipped"]] == ["registryRefused"]
    shop.registry.failing["reg.test/shop/worker"] = RemoteRefused(Problem("registryRefused", "no"), status=403)
    assert shop.run("poll", "test", "-r", "web", "--output", "json").code == 1


def test_an_announcement_needs_no_network(shop: Shop, golden: Golden) -> None:
    ended = shop.run("observe", "--image", "reg.test/shop/web:1.4.3", width=100)
    assert (ended.code, ended.stderr) == (0, "")
    golden("cli/observe.txt", ended.stdout)
    assert (shop.registry.asked, shop.offline) == ([], [True])
    assert shop.run("observe", "--image", "reg.test/shop/web:1.4.3", "--detailed-exitcode").code == 3
    assert shop.run("observe", "--image", "reg.test/shop/web:1.4.1", "--detailed-exitcode").code == 0


def test_a_digest_and_a_time_are_passed_on(shop: Shop) -> None:
    made_at = ("--time", "2026-11-20T10:00:00+02:00")
    ended = shop.run("observe", "--image", f"reg.test/shop/worker:main-8@{digest('b')}", *made_at, "--output", "json")
    updates = ended.document["updates"]
    assert [one["environment"] for one in updates] == ["test", "production"]
    assert updates[0]["digest"] == digest("b")
    assert updates[0]["time"] == "2026-11-20T08:00:00Z"
    assert (updates[0]["key"], updates[0]["from"], updates[0]["to"]) == ("worker", "main-7", "main-8")


def test_verifying_asks_the_registry(shop: Shop) -> None:
    known = shop.run("observe", "test", "--image", "reg.test/shop/web:1.5.0", "--verify", "--output", "json")
    assert (known.code, len(known.document["updates"]), shop.offline) == (0, 1, [False])
    unknown = shop.run("observe", "--image", "reg.test/shop/web:1.6.0", "--verify", "--output", "json")
    assert (unknown.code, unknown.document["errors"][0]["code"]) == (1, "tagNotFound")


def test_a_chart_is_announced_to_who_deploys_it(shop: Shop) -> None:
    ended = shop.run("observe", "production", "--chart", "acme/cache:1.2.9", "--output", "json")
    (update,) = ended.document["updates"]
    assert (update["chart"], update["image"], update["key"], update["to"]) == (
        "acme/cache",
        None,
        "chart.version",
        "1.2.9",
    )


def test_updates_are_written_into_the_files_when_asked(shop: Shop) -> None:
    before = (shop.root / "apps.yaml").read_text()

    ended = shop.run("poll", "test", "--patch", "--output", "json")

    # The file serves production too, where nothing newer was seen, so what both share stays.
    assert ended.code == 1
    told = {(one["release"], one["key"]): one for one in ended.document["updates"]}
    assert not told["web", "image.tag"]["patched"]
    assert told["web", "image.tag"]["note"]
    assert (shop.root / "apps.yaml").read_text() == before


def test_what_is_right_for_everybody_is_written(shop: Shop) -> None:
    before = (shop.root / "apps.yaml").read_text()

    ended = shop.run("poll", "-r", "cache", "--patch", "--output", "json")

    assert ended.code == 0
    assert {(one["patched"], one["file"], one["line"]) for one in ended.document["updates"]} == {
        (True, "apps.yaml", 12)
    }
    assert (shop.root / "apps.yaml").read_text() == before.replace("version: 1.2.3", "version: 1.2.4")
    assert shop.run("poll", "-r", "cache", "--patch", "--output", "json").document["updates"] == []


@pytest.mark.parametrize("more", [(), ("--detailed-exitcode",)])
def test_what_could_not_all_be_written_is_a_failure(shop: Shop, more: tuple[str, ...]) -> None:
    before = (shop.root / "apps.yaml").read_text()

    ended = shop.run("poll", "--patch", "--output", "json", *more)

    told = {(one["environment"], one["release"], one["key"]): one for one in ended.document["updates"]}
    assert ended.code == 1
    assert [told[each, "cache", "chart.version"]["patched"] for each in ("test", "production")] == [True, True]
    assert (told["test", "web", "image.tag"]["patched"], bool(told["test", "web", "image.tag"]["note"])) == (
        False,
        True,
    )
    after = (shop.root / "apps.yaml").read_text()
    assert "value: 1.4.2" in after
    assert after != before


def test_an_announced_chart_is_written_offline(shop: Shop) -> None:
    ended = shop.run("observe", "--chart", "acme/cache:1.2.9", "--patch")

    assert ended.code == 0
    assert "version: 1.2.9" in (shop.root / "apps.yaml").read_text()
    assert shop.offline == [True]


def test_charts_are_only_written_with_the_rest(shop: Shop) -> None:
    assert shop.run("poll", "--patch-charts").code == 2


@pytest.mark.parametrize("form", [(), ("--output", "json")])
def test_a_registry_that_repeats_a_login_does_not_get_it_shown(shop: Shop, form: tuple[str, ...]) -> None:
    shop.secrets.append("bWU6aHVudGVyMg==")
    refusal = Problem("registryRefused", "denied for Basic bWU6aHVudGVyMg==")
    shop.registry.failing["reg.test/shop/web"] = RemoteRefused(refusal, status=403)

    ended = shop.run("poll", *form)

    assert "denied for" in ended.stdout
    assert "bWU6aHVudGVyMg" not in ended.stdout + ended.stderr


APP = """\
releases:
  - name: shop
    app:
      newVersion: "#"
      podspec:
        containers:
          - {name: web, image: "reg.test/shop/web:1.4.2", ports: [{containerPort: 8080}]}  # follows
    trigger: {image: {track: MinorVersion}}
"""


ANNOUNCED = ("observe", "--image", "reg.test/shop/web:1.5.0")


@pytest.mark.parametrize("command", [("poll",), ANNOUNCED], ids=["poll", "observe"])
def test_the_image_of_an_app_is_followed_in_its_block(shop: Shop, command: tuple[str, ...]) -> None:
    (shop.root / "apps.yaml").write_text(APP)
    found = shop.run(*command, "test", "--output", "json").document
    (update,) = found["updates"]
    assert (update["release"], update["file"], update["patched"]) == ("shop", "apps.yaml", False)
    assert (update["key"], update["from"], update["to"]) == ("podspec.containers[0].image", "1.4.2", "1.5.0")
    ended = shop.run(*command, "--patch", "--output", "json")
    assert [(one["environment"], one["patched"]) for one in ended.document["updates"]] == [
        ("test", True),
        ("production", True),
    ]
    assert (shop.root / "apps.yaml").read_text() == APP.replace(":1.4.2", ":1.5.0")
    assert shop.run(*command, "test", "--output", "json").document["updates"] == []


def test_an_app_says_why_its_trigger_does_nothing(shop: Shop) -> None:
    (shop.root / "apps.yaml").write_text(APP.replace('"#"', '"1"').replace("{image: {", "{chart: {"))
    fixed = APP.replace('"#"', '"1"').replace("  - name: shop", "  - name: fixed").removeprefix("releases:\n")
    with (shop.root / "apps.yaml").open("a") as file:
        file.write(fixed)
    skipped = shop.run("poll", "test", "--output", "json").document["skipped"]
    assert {one["release"]: one["code"] for one in skipped} == {"shop": "chartNotPublished", "fixed": "versionFixed"}
