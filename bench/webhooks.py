"""Load on `fairlead webhooks`: signed deliveries at a fixed rate, a SIGKILL in the middle, nothing answered is lost.

    .venv/bin/python bench/webhooks.py [--rate 2000] [--seconds 60] [--images 1000] [--patch]

The client sends at fixed times whether or not earlier answers came (open loop), each delivery one to three times and
out of order. In the middle the server is killed and started again at once; what was not answered is sent again. At the
end the queue is read: every answered announcement must be there.

With `--patch` it is the command itself in a repository with a release for each image, which it writes into meanwhile.
At the end each release has to run the newest version that was answered for.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.adapters.deliveries.sqlite import SqliteQueue
from fairlead.domain.webhooks.deliveries import ImagePushed
from fairlead.domain.webhooks.providers import PROVIDERS
from fairlead.domain.webhooks.receivers import Receiver
from fairlead.server.serving import Address, serving
from fairlead.server.webhooks import Webhooks

SECRET = "a secret of the benchmark"
CONNECTIONS = 256
QUEUE = "queue.sqlite"
ENVIRONMENTS = """\
clusters: [{name: eu, provider: {minikube: {}}}]
environments: [{name: test, clusterName: eu, kubeNamespace: shop, releasesFiles: [apps.yaml]}]
"""
RECEIVERS = "receivers: [{name: ci, provider: generic, secretFrom: {env: CI_SECRET}}]\n"
READING: set[asyncio.Future[bytes]] = set()


async def serve(file: Path, port: int) -> None:
    """Run the server until the process is killed."""
    queue = SqliteQueue(file)
    app = Webhooks({"ci": Receiver("ci", PROVIDERS["generic"], SECRET)}, queue)
    async with serving(app, Address("127.0.0.1", port)):
        print("ready", flush=True)
        await asyncio.Event().wait()


@dataclass(slots=True)
class Tally:
    """What came of the deliveries. Times are seconds from when a delivery was due to its answer."""

    times: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)  # when each of these was answered
    answered: set[str] = field(default_factory=set)
    again: int = 0
    statuses: dict[int, int] = field(default_factory=dict)


def delivery(number: int, images: int) -> tuple[str, bytes]:
    """Return the image and tag of a delivery, and the request."""
    name = f"registry.example.org/app{number % images}:1.{number}"
    body = json.dumps({"image": name}).encode()
    signed = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST /hooks/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        f"X-Fairlead-Signature: sha256={signed}\r\n\r\n"
    )
    return name, head.encode() + body


class Connection:
    """One connection, one delivery at a time, opened again when it breaks."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes) -> int:
        """Send until there is an answer; return its status."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            return int(head[9:12])
        except (OSError, EOFError):
            writer.close()
            self.streams = None
            raise


async def client(port: int, plan: Iterator[int], images: int, rate: float, tally: Tally) -> None:
    """Send the planned deliveries at their times."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(Connection(port))
    started = time.perf_counter()

    async def one(number: int, due: float) -> None:
        name, request = delivery(number, images)
        connection = await free.get()
        while True:
            try:
                status = await connection.send(request)
                break
            except OSError:
                tally.again += 1
                await asyncio.sleep(0.05)
            except EOFError:
                tally.again += 1
        free.put_nowait(connection)
        tally.ended.append(time.perf_counter())
        tally.times.append(tally.ended[-1] - due)
        tally.statuses[status] = tally.statuses.get(status, 0) + 1
        tally.answered.add(name)

    tasks = []
    for position, number in enumerate(plan):
        due = started + position / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.ensure_future(one(number, due)))
    await asyncio.gather(*tasks)


def declare(folder: Path, images: int) -> None:
    """Write a repository with a release for each image."""
    release = (
        "  - name: app{0}\n    chart: {{dir: c}}\n    trigger: {{image: {{track: MajorVersion}}}}\n    values:\n"
        "      - {{key: image.repository, value: registry.example.org/app{0}}}\n"
        '      - {{key: image.tag, value: "1.0"}}\n'
    )
    (folder / "c").mkdir()
    (folder / "c" / "Chart.yaml").write_text("{apiVersion: v2, name: c, version: 1.0.0}\n")
    (folder / "environments.yaml").write_text(ENVIRONMENTS)
    (folder / "apps.yaml").write_text("releases:\n" + "".join(release.format(number) for number in range(images)))
    (folder / "webhooks.yaml").write_text(RECEIVERS)


async def start(folder: Path, arguments: argparse.Namespace) -> asyncio.subprocess.Process:
    """Start the server and wait until it listens."""
    port, env = arguments.port, {"HOME": str(folder), "PATH": "/usr/bin:/bin", "CI_SECRET": SECRET}
    command: tuple[str, ...] = (sys.executable, __file__, "--serve", str(folder / QUEUE), "--port", str(port))
    if arguments.patch:
        options = ("--config", "webhooks.yaml", "--listen", f"127.0.0.1:{port}", "--queue", QUEUE)
        command = (str(Path(sys.executable).parent / "fairlead"), "webhooks", *options, "--patch")
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 - it is killed
        *command, cwd=folder, env=env, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    READING.add(asyncio.ensure_future(process.stdout.read()))  # what else it says
    return process


async def answered_and_lost(folder: Path, arguments: argparse.Namespace, tally: Tally) -> int:
    """Return how many answered announcements the server knows no more of, or has not obeyed within two minutes."""
    newest: dict[str, int] = {}
    for image, _, tag in (name.partition(":1.") for name in tally.answered):
        newest[image] = max(newest.get(image, 0), int(tag))
    started = time.perf_counter()
    while arguments.patch:
        written = re.findall(r"value: (\S+)}\n.*value: \"?1\.(\d+)", (folder / "apps.yaml").read_text())
        behind = sum(newest.get(image, 0) != int(tag) for image, tag in written)
        if behind == 0 or time.perf_counter() - started > 120:
            print(f"all is written         {time.perf_counter() - started:.1f} s after the last answer")
            return behind
        await asyncio.sleep(0.1)
    return 0


async def waiting(file: Path) -> set[str]:
    """Return what waits in the queue."""
    queue = SqliteQueue(file)
    works = await queue.waiting(10**9)
    await queue.close()
    found = (each for work in works for each in work.announcements)
    return {f"{each.image}:{each.tag}" for each in found if isinstance(each, ImagePushed)}


def memory(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def measure(folder: Path, arguments: argparse.Namespace) -> None:
    """Run the load and print what came of it."""
    declare(folder, arguments.images)
    server = await start(folder, arguments)
    chance = random.Random(1)
    total = arguments.rate * arguments.seconds
    plan = [number for number in range(total) for _ in range(chance.randint(1, 3))][:total]
    window = 200  # deliveries overtake each other by up to this many
    plan = [number for _, number in sorted(enumerate(plan), key=lambda pair: pair[0] + chance.random() * window)]
    tally = Tally()
    sending = asyncio.ensure_future(client(arguments.port, iter(plan), arguments.images, arguments.rate, tally))
    memories = []
    killed = 0.0
    for second in range(arguments.seconds * 3):
        if sending.done():
            break
        await asyncio.sleep(1)
        memories.append(memory(server.pid))
        if arguments.kill and not killed and second >= arguments.seconds // 2:
            killed = time.perf_counter()
            os.kill(server.pid, signal.SIGKILL)
            await server.wait()
            server = await start(folder, arguments)
    await sending
    lost = await answered_and_lost(folder, arguments, tally)
    os.kill(server.pid, signal.SIGKILL)
    await server.wait()
    if not arguments.patch:
        lost = len(tally.answered - await waiting(folder / QUEUE))
    report(tally, memories, killed, lost)


def report(tally: Tally, memories: list[float], killed: float, lost: int) -> None:
    """Print the figures; what waited while there was no server is set apart."""

    def quantiles(times: list[float]) -> str:
        ordered = sorted(times)
        return " / ".join(f"{ordered[int(len(ordered) * q) - 1] * 1000:.1f}" for q in (0.5, 0.99, 1.0))

    print(f"deliveries answered    {len(tally.times)}, by status {tally.statuses}")
    print(f"p50 / p99 / max        {quantiles(tally.times)} ms from when each was due")
    if killed:
        both = list(zip(tally.times, tally.ended, strict=True))
        back = min(end for _, end in both if end > killed + 0.05)
        print(f"  before the kill      {quantiles([took for took, end in both if end < killed])} ms")
        apart = [took for took, end in both if end < killed or end - took > back]
        print(f"  outside the outage   {quantiles(apart)} ms, without {len(both) - len(apart)} deliveries")
        print(f"outage                 {back - killed:.2f} s from the kill to the next answer")
    print(f"sent again             {tally.again}")
    print(f"answered and lost      {lost}")
    server, client = resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF)
    spent = [(one.ru_utime + one.ru_stime) * 1000 / len(tally.times) for one in (server, client)]
    print(f"processor time         {spent[0]:.2f} ms a delivery in the server, {spent[1]:.2f} ms in this client")
    print(
        f"load of the machine    {os.getloadavg()[0]:.1f} in the last minute, this included, on {os.cpu_count()} cores"
    )
    early, most, late = memories[1], max(memories), memories[-1]
    print(f"memory                 {early:.0f} MB after 2 s, {most:.0f} MB at most, {late:.0f} MB at the end")


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--port", type=int, default=18473)
    parser.add_argument("--no-kill", dest="kill", action="store_false")
    parser.add_argument("--patch", action="store_true", help="run the command, and let it write")
    parser.add_argument("--serve", type=Path)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(arguments.serve, arguments.port))
        return
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(measure(Path(directory), arguments))


if __name__ == "__main__":
    main()
