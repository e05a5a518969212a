"""The installed command and a real registry: thousands of tags, times, digests that move, announcements."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairlead.doors.dial import Dialer
from fairlead.doors.process import Program, run
from fairlead.sandbox.images import MANIFEST_TYPE, Image, config_descriptor, digest_of, manifest_of
from fairlead.sandbox.registry import push
from tests.e2e.running import RunningSandbox
from tests.fakes.chart_server import Pages, packaged
from tests.fakes.http import HttpServer
from tests.fakes.installed import ANY_CODE, FAIRLEAD
from tests.fakes.repository import write_files
from tests.fakes.terminal import Ended, validate

pytestmark = pytest.mark.e2e

ENVIRONMENTS = """\
clusters: [{name: sandbox, provider: {minikube: {}}}]
helmRepos: [{name: acme, url: "REPOSITORY"}]
environments:
  - {name: test, clusterName: sandbox, kubeNamespace: shop, releasesFiles: [apps.yaml]}
"""


def image(day: int, architecture: str = "amd64") -> Image:
    """Return an image without layers that was made on a day of January 2026."""
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "created": f"2026-01-{day:02}T00:00:00Z",
            "rootfs": {"type": "layers", "diff_ids": []},
        }
    ).encode()
    return Image(manifest_of(config_descriptor(config), []), MANIFEST_TYPE, {digest_of(config): config})


@dataclass
class Shop:
    """A repository of one release whose image is a test's alone."""

    root: Path
    registry: str
    name: str
    dialer: Dialer

    @property
    def image(self) -> str:
        return f"{self.registry}/{self.name}"

    async def publish(self, tags: Sequence[str], day: int) -> str:
        """Push one image under these tags, and return its digest."""
        made = image(day)
        await push(self.dialer, self.registry, reference=f"{self.name}:{tags[0]}", image=made)
        for start in range(1, len(tags), 50):
            await asyncio.gather(*(self._tag(tag, made) for tag in tags[start : start + 50]))
        return made.digest

    async def _tag(self, tag: str, made: Image) -> None:
        url = f"http://{self.registry}/v2/{self.name}/manifests/{tag}"
        answer = await self.dialer.request("PUT", url, headers={"Content-Type": made.media_type}, body=made.manifest)
        assert answer.status == 201

    def declare(self, trigger: str, tag: str) -> None:
        """Declare a release of the image."""
        values = f"[{{key: image.repository, value: '{self.image}'}}, {{key: image.tag, value: '{tag}'}}]"
        self.declare_release(f"chart: {{dir: web}}, trigger: {{image: {trigger}}}, values: {values}")

    def declare_release(self, keys: str, repository: str = "https://charts.acme.test") -> None:
        files = {"apps.yaml": f"releases:\n  - {{name: web, {keys}}}\n", "web/": ""}
        write_files(self.root, {"environments.yaml": ENVIRONMENTS.replace("REPOSITORY", repository), **files})

    async def fairlead(self, *arguments: str) -> Ended:
        env = {"HOME": str(self.root / "home"), "PATH": "", "NO_COLOR": "1"}
        argv = (str(FAIRLEAD), *arguments, "--output", "json", "--detailed-exitcode")
        done = await run(Program(argv, cwd=self.root, env=env, timeout=60, accepted=ANY_CODE))
        ended = Ended(done.exit_code, done.stdout.decode(), done.stderr.decode())
        validate(ended.document)
        return ended


@pytest.fixture
async def shop(sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[Shop]:
    dialer = Dialer()
    yield Shop(tmp_path, sandbox.registry, f"shop/{uuid.uuid4().hex[:8]}", dialer)
    await dialer.close()


async def test_the_newest_of_thousands_of_tags(shop: Shop) -> None:
    tags = [f"{major}.{minor}.{patch}" for major in (1, 2) for minor in range(20) for patch in range(60)]
    await shop.publish([*tags, "latest", "1.20.0-rc.1", "20260131"], day=3)
    shop.declare("{track: MinorVersion}", "1.4.2")
    polled = await shop.fairlead("poll")
    assert (polled.code, polled.stderr) == (3, "")
    (update,) = polled.document["updates"]
    assert (update["image"], update["from"], update["to"]) == (shop.image, "1.4.2", "1.19.59")
    assert update["time"] == "2026-01-03T00:00:00Z"
    shop.declare("{track: PatchLevel}", "1.4.59")
    assert (await shop.fairlead("poll")).code == 0


async def test_by_time_and_by_digest(shop: Shop) -> None:
    await shop.publish(["a"], day=2)
    await shop.publish(["b"], day=4)
    await shop.publish(["c"], day=3)
    first = await shop.publish(["latest"], day=5)
    shop.declare("{track: Newest}", "c")
    (update,) = (await shop.fairlead("poll")).document["updates"]
    assert update["to"] == "b"
    shop.declare("{digest: pin}", f"latest@{first}")
    assert (await shop.fairlead("poll")).code == 0
    moved = await shop.publish(["latest"], day=6)
    (update,) = (await shop.fairlead("poll")).document["updates"]
    assert (update["to"], update["fromDigest"], update["digest"]) == ("latest", first, moved)


async def test_an_announcement_is_believed_or_verified(shop: Shop) -> None:
    await shop.publish(["1.0.0"], day=5)
    digest = await shop.publish(["0.9.0"], day=2)
    shop.declare("{track: Newest}", "1.0.0")
    assert (await shop.fairlead("observe", "--image", f"{shop.image}:0.9.0")).code == 3
    late = await shop.fairlead("observe", "--image", f"{shop.image}:0.9.0@{digest}", "--verify")
    assert (late.code, [one["code"] for one in late.document["skipped"]]) == (0, ["older"])
    unknown = await shop.fairlead("observe", "--image", f"{shop.image}:1.1.0", "--verify")
    assert (unknown.code, unknown.document["errors"][0]["code"]) == (1, "tagNotFound")


TRACKS = [("PatchLevel", "1.0.1"), ("MinorVersion", "1.1.0"), ("MajorVersion", "2.0.0"), ("Newest", "0.9.9")]
VERSIONS = ("1.0.0", "1.0.1", "1.1.0", "2.0.0", "0.9.9")  # in the order in which they are made


async def test_charts_of_a_registry(shop: Shop, sandbox: RunningSandbox) -> None:
    for day, version in enumerate(VERSIONS, start=1):
        await _push_chart(shop, sandbox, version)
        await _date_chart(shop, version, f"2026-01-{day:02}T00:00:00Z")
    reference = f"oci://{shop.image}/web"
    for track, wanted in TRACKS:
        shop.declare_release(
            f"chart: {{reference: '{reference}', version: 1.0.0}}, trigger: {{chart: {{track: {track}}}}}"
        )
        (update,) = (await shop.fairlead("poll")).document["updates"]
        assert (update["chart"], update["key"], update["to"]) == (reference, "chart.version", wanted)
    announced = await shop.fairlead("observe", "--chart", f"{reference}:2.0.0", "--verify")
    assert [one["to"] for one in announced.document["updates"]] == ["2.0.0"]
    unknown = await shop.fairlead("observe", "--chart", f"{reference}:3.0.0", "--verify")
    assert (unknown.code, unknown.document["errors"][0]["code"]) == (1, "tagNotFound")


async def _push_chart(shop: Shop, sandbox: RunningSandbox, version: str) -> None:
    archive = shop.root / f"web-{version}.tgz"
    archive.write_bytes(packaged(name="web", version=version))
    argv = (str(sandbox.helm), "push", str(archive), f"oci://{shop.image}", "--plain-http")
    await run(Program(argv, env=sandbox.env))


async def _date_chart(shop: Shop, version: str, created: str) -> None:
    """Say when it was pushed, where Helm says so; pushes of one second could not be told apart."""
    url = f"http://{shop.registry}/v2/{shop.name}/web/manifests/{version}"
    headers = {"Accept": MANIFEST_TYPE, "Content-Type": MANIFEST_TYPE}
    manifest = json.loads((await shop.dialer.request("GET", url, headers=headers)).body)
    assert "org.opencontainers.image.created" in manifest["annotations"]
    manifest["annotations"]["org.opencontainers.image.created"] = created
    answer = await shop.dialer.request("PUT", url, headers=headers, body=json.dumps(manifest).encode())
    assert answer.status == 201


async def test_charts_of_a_repository(shop: Shop) -> None:
    pages = Pages()
    for day, version in enumerate(VERSIONS, start=1):
        pages.publish("web", version, packaged(name="web", version=version), created=f"2026-01-{day:02}T00:00:00Z")
    async with HttpServer(pages) as server:
        for track, wanted in TRACKS:
            keys = f"chart: {{reference: acme/web, version: 1.0.0}}, trigger: {{chart: {{track: {track}}}}}"
            shop.declare_release(keys, server.url)
            (update,) = (await shop.fairlead("poll")).document["updates"]
            assert (update["chart"], update["to"]) == ("acme/web", wanted)
