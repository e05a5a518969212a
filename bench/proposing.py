"""How long updates take to reach a branch: many at once, and while many others push to it.

    .venv/bin/python -m bench.proposing [--bots 20]

First 90 releases of one repository have a newer image, and `fairlead poll --pr` commits all of them to the branch. Then
bots with one change each commit to one branch at the same time, each in a working copy of its own, while a person
pushes to it every 200 ms; who lost every try comes again, as the next run would. Git and its server are real.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from fairlead.adapters.clock.system import SystemClock
from fairlead.doors.process import Program, run
from tests.fakes.bare_repository import PATH, committed_first, git
from tests.fakes.http import HttpServer
from tests.fakes.pushing import PAUSE, Bot, Person
from tests.fakes.registry_server import RegistryServer
from tests.fakes.repository import write_files

FAIRLEAD = Path(sys.executable).parent / "fairlead"
RELEASES = 90
ENVIRONMENTS = """\
clusters: [{name: eu, provider: {minikube: {}}}]
environments:
  - {name: test, clusterName: eu, kubeNamespace: shop, releasesFiles: [apps.yaml]}
updates: {direct: true}
"""
RELEASE = """\
  - name: {0}
    chart: {{dir: web}}
    trigger: {{image: {{track: PatchLevel}}}}
    values: [{{key: image.repository, value: '{1}/{0}'}}, {{key: image.tag, value: 1.0.0}}]
"""


async def empty_server(folder: Path) -> Path:
    """Make a bare repository with one commit."""
    server = folder / "server.git"
    server.mkdir(parents=True)
    await git(server, "init", "--quiet", "--bare")
    await committed_first(server)
    return server


async def many(folder: Path) -> None:
    """Commit 90 image changes of one repository with the command itself, and print how long that took."""
    server, clone = await empty_server(folder), folder / "clone"
    await git(folder, "clone", "--quiet", str(server), str(clone))
    registry = RegistryServer()
    async with HttpServer(registry) as http:
        host = http.url.removeprefix("http://")
        apps = "releases:\n" + "".join(RELEASE.format(f"app{number}", host) for number in range(RELEASES))
        for number in range(RELEASES):
            registry.push_tags(f"app{number}", ["1.0.0", "1.0.1"])
        write_files(clone, {"environments.yaml": ENVIRONMENTS, "apps.yaml": apps, "web/Chart.yaml": "name: web\n"})
        await git(clone, "add", ".")
        await git(clone, "commit", "--quiet", "-m", "declare")
        await git(clone, "push", "--quiet", "origin", "HEAD:main")
        env = {"HOME": str(folder), "PATH": PATH}
        started = time.perf_counter()
        done = await run(Program((str(FAIRLEAD), "poll", "--pr", "--output", "json"), cwd=clone, env=env))
        taken = time.perf_counter() - started
    committed = [one["proposed"] for one in json.loads(done.stdout)["updates"]].count("committed")
    commits = int(await git(server, "rev-list", "--count", "main")) - 2
    print(f"{committed} changes of one repository: {commits} commit, {taken:.1f} s (goal below 30 s)")


async def racing(folder: Path, bots: int) -> None:
    """Let bots and a person push at once, and print what came of it."""
    server = await empty_server(folder)
    person, crowd = Person(server), [Bot(server, f"app{number}", SystemClock()) for number in range(bots)]
    pushing = asyncio.ensure_future(person.push())
    await asyncio.gather(*(bot.commit() for bot in crowd))
    person.done.set()
    await pushing
    runs, seconds = [bot.runs for bot in crowd], sorted(bot.seconds for bot in crowd)
    commits = int(await git(server, "rev-list", "--count", "main")) - 1
    merges = int(await git(server, "rev-list", "--count", "--merges", "main"))
    print(f"{bots} bots and a person every {PAUSE * 1000:.0f} ms on one branch:")
    print(f"  until committed     p50 {seconds[len(seconds) // 2]:.1f} s, p99 {seconds[-1]:.1f} s (goal below 30 s)")
    print(f"  runs of a bot       {sum(runs) / bots:.1f} on average, {max(runs)} at most")
    print(f"  the person          {person.pushed} pushes, of which {person.lost} lost a race first")
    print(f"  commits lost        {bots + person.pushed - commits}; merges {merges}")


async def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bots", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        await many(Path(folder) / "many")
        await racing(Path(folder) / "racing", arguments.bots)


if __name__ == "__main__":
    asyncio.run(main())
