"""`fairlead server`: a list of many deployments page by page, its memory, and many deployments at a time.

    .venv/bin/python bench/server.py [--deployments 10000] [--pages 100]
    .venv/bin/python bench/server.py --kubeconfig FILE --context NAME --apps 100

The first needs no cluster. The second makes a namespace, deploys that many apps at once in it with an image that nodes
need not have (they are simulated: `fairlead sandbox up --nodes simulated`), and removes it again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess  # noqa: TID251 - a benchmark has no use for the door
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from fairlead.adapters.store.store import SqliteStore
from fairlead.domain.keeping.deployments import DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.units import UnitKey
from fairlead.doors.dial import Dialer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FAIRLEAD = Path(sys.executable).parent / "fairlead"
NOWHERE = """\
apiVersion: v1
kind: Config
clusters: [{name: one, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: one, user: {token: x}}]
contexts: [{name: one, context: {cluster: one, user: one}}]
"""
ENVIRONMENTS = """\
clusters: [{{name: one, provider: {{existingContext: {{contextName: {context}}}}}}}]
environments: [{{name: test, clusterName: one, kubeNamespace: default, releasesFiles: [apps.yaml]}}]
"""


class Server:
    """A server in a directory of its own."""

    def __init__(self, directory: Path, kubeconfig: Path, context: str) -> None:
        self.directory, self.kubeconfig, self.context = directory, kubeconfig, context
        self.dialer = Dialer()

    async def __aenter__(self) -> Self:
        (self.directory / "environments.yaml").write_text(ENVIRONMENTS.format(context=self.context))
        (self.directory / "apps.yaml").write_text("releases: []\n")
        self.process = await asyncio.create_subprocess_exec(  # noqa: TID251 - as above
            *(str(FAIRLEAD), "server", "--listen", "127.0.0.1:0", "--data", "data"),
            cwd=self.directory,
            env={"HOME": str(self.directory), "KUBECONFIG": str(self.kubeconfig), "PATH": "/usr/bin:/bin"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        self.url = (await self.process.stdout.readline()).decode().split()[-1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.process.terminate()
        await self.process.wait()
        await self.dialer.close()

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask, and return the answer; whatever is not fine is asked again a little later, when it says so."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        while True:
            answer = await self.dialer.request(method, f"{self.url}{path}", headers=headers, body=content)
            if answer.status != 429:
                break
            await asyncio.sleep(1)
        if answer.status >= 300:
            raise RuntimeError(answer.body.decode())
        return json.loads(answer.body)

    @property
    def memory(self) -> float:
        """The memory of the server in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6


def shown(seconds: Sequence[float]) -> str:
    """Return the middle, the 99th percentile and the worst, in milliseconds."""
    ordered = sorted(seconds)
    picked = (ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], ordered[-1])
    return " / ".join(f"{each * 1000:.1f}" for each in picked)


def descriptor(namespace: str, app: str) -> dict[str, Any]:
    """Return an app of one small container."""
    container = {"name": "app", "image": "registry.example.org/app:1", "ports": [{"containerPort": 8080}]}
    return {
        "deploymentType": "blue-green",
        "namespace": namespace,
        "appName": app,
        "newVersion": "#",
        "podspec": {"containers": [container]},
    }


async def lists(arguments: argparse.Namespace, directory: Path) -> None:
    """Read a list of many deployments page by page."""
    (directory / "data").mkdir(mode=0o700)
    store = SqliteStore(directory / "data" / "store.sqlite", Limits())
    for number in range(arguments.deployments):
        unit = UnitKey("one", f"team-{number % 10}", f"app-{number % 100}")
        at = NOW + timedelta(seconds=number)
        document = {"descriptorId": descriptor(unit.namespace, unit.name), "by": "ci"}
        await store.deployments.add(
            StoredDeployment(
                f"id-{number}", unit, "d", DeploymentStatus.REPLACED, document, at, at, version=str(number)
            )
        )
    await store.close()
    kubeconfig = directory / "kubeconfig"
    kubeconfig.write_text(NOWHERE)
    async with Server(directory, kubeconfig, "one") as server:
        print(f"memory at the start     {server.memory:.0f} MB")
        for query in ("", "&namespace=team-3", "&namespace=team-3&app=app-13"):
            await server.ask("GET", "/api/v1/deployments?limit=1")  # the first request waits for what starts beside it
            times, count, after = list[float](), 0, ""
            while len(times) < arguments.pages:
                begin = time.perf_counter()
                page = await server.ask("GET", f"/api/v1/deployments?limit=100{query}{after}")
                times.append(time.perf_counter() - begin)
                count += len(page["items"])
                if page["next"] is None:
                    break
                after = f"&after={page['next']}"
            print(f"{query or 'all':32} {count:6} in {len(times):3} pages   p50 / p99 / max {shown(times)} ms")
        print(f"memory after the lists  {server.memory:.0f} MB")


async def many(arguments: argparse.Namespace, directory: Path) -> None:
    """Deploy many apps at once."""
    namespace = f"bench-{uuid.uuid4().hex[:8]}"
    kubectl = (arguments.kubectl, "--kubeconfig", str(arguments.kubeconfig), "--context", arguments.context)

    def ask_cluster(*words: str) -> None:
        subprocess.run([*kubectl, *words], check=True, stdout=subprocess.DEVNULL)

    ask_cluster("create", "namespace", namespace)
    ask_cluster("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=privileged")
    ask_cluster("annotate", "namespace", namespace, "fairlead.dev/service-account=deployer")
    ask_cluster("create", "serviceaccount", "deployer", "-n", namespace)
    account = f"--serviceaccount={namespace}:deployer"
    ask_cluster("create", "rolebinding", "deployer", "--clusterrole=edit", account, "-n", namespace)
    try:
        async with Server(directory, arguments.kubeconfig, arguments.context) as server:
            begin, most = time.perf_counter(), 0.0

            async def one(number: int) -> float:
                nonlocal most
                made = await server.ask("POST", "/api/v1/descriptors", descriptor(namespace, f"app-{number}"))
                begun = await server.ask("POST", "/api/v1/deployments", {"descriptorId": made["id"]})
                while True:
                    found = await server.ask("GET", f"/api/v1/deployments/{begun['id']}")
                    most = max(most, server.memory)
                    if found["status"] == "deployed":
                        return time.perf_counter() - begin
                    if found["status"] in ("failed", "aborted", "blocked"):
                        raise RuntimeError(str(found["explanation"]))
                    await asyncio.sleep(2)

            times = await asyncio.gather(*(one(number) for number in range(arguments.apps)))
            half = sorted(times)[len(times) // 2]
            print(f"{arguments.apps} apps deployed at once in {max(times):.1f} s, half of them in {half:.1f} s")
            print(f"memory at most          {most:.0f} MB")
    finally:
        ask_cluster("delete", "namespace", namespace, "--wait=false")


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deployments", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--apps", type=int, default=100)
    parser.add_argument("--kubeconfig", type=Path)
    parser.add_argument("--context")
    parser.add_argument("--kubectl", default="kubectl")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        work = lists if arguments.kubeconfig is None else many
        asyncio.run(work(arguments, Path(directory)))


if __name__ == "__main__":
    main()
