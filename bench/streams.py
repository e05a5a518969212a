"""Many clients follow one deployment: what each costs the server, and how long until all are told of an event.

    .venv/bin/python bench/streams.py [--clients 10000] [--stalled 100] [--events 60] [--wire websocket|events]

Server and clients are processes of their own, on loopback. The stalled clients ask and then read nothing. Each event
carries the moment at which it was published; a client's delay is from then until it has read the event.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import gc
import json
import resource
import socket
import sys
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path

from fairlead.adapters.clock.system import SystemClock
from fairlead.server.asgi import Receive, Scope, Send
from fairlead.server.serving import Address, serving
from fairlead.server.streams.answering import Opened
from fairlead.server.streams.events import EventStreams
from fairlead.server.streams.hub import Hub
from fairlead.server.streams.telling import Past, Told
from fairlead.server.streams.websocket import websockets_of

FILES = 30_000
PROCESSES = 2
STARTED = 200  # clients before memory is measured first, so that what is made once is made


class MemoryJournal:
    """What was published, in memory: the figure is that of the streams, not of a database."""

    def __init__(self) -> None:
        self.events: list[Told] = []

    async def past(self, deployment: str, *, after: int, limit: int) -> Past:  # noqa: ARG002 - there is one
        """Return the events that follow a number."""
        return Past(self.events[after : after + limit], is_complete=False)


def memory() -> int:
    """Return the bytes that this process holds in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def serve(port: int) -> None:
    """Serve, and do what standard input says: `memory`, `publish N SECONDS` (between two)."""
    journal = MemoryJournal()

    async def admitted() -> Callable[[Hashable], bool]:
        return lambda _: True

    hub = Hub(journal, SystemClock(), admitted)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Opened(hub.follower("deployment", 0, "caller"))(scope, receive, send)

    asyncio.get_running_loop().create_task(hub.run())
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with serving(EventStreams(app, hub), Address("127.0.0.1", port), websockets=websockets_of(hub)):
        print("ready", flush=True)
        while line := (await reader.readline()).split():
            if line[0] == b"publish":
                for _ in range(int(line[1])):
                    number = len(journal.events) + 1
                    document = {"sequence": number, "published": time.time(), "text": "x" * 150}
                    told = Told(number, "log", json.dumps(document).encode())
                    journal.events.append(told)
                    hub.publish("deployment", told)
                    await asyncio.sleep(float(line[2]))
            print(hub.open, memory(), flush=True)
        hub.close()


def request(wire: str) -> bytes:
    """Return the request of a client."""
    lines = ["GET / HTTP/1.1", "Host: localhost", f"Authorization: Bearer {'x' * 60}"]
    if wire == "websocket":
        key = base64.b64encode(b"0123456789abcdef").decode()
        lines += ["Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
    return "\r\n".join([*lines, "", ""]).encode()


def stamps(data: bytes) -> Iterator[float]:
    """Yield when the events in some bytes were published."""
    for part in data.split(b'"published": ')[1:]:
        yield float(part.partition(b",")[0])


class Client(asyncio.Protocol):
    """Reads everything and notes how late it was."""

    def __init__(self, wire: str, delays: list[float]) -> None:
        self.wire, self.delays = wire, delays

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(request(self.wire))

    def data_received(self, data: bytes) -> None:
        """Note the delay of each event; pieces of one that was cut are missed, which is rare with small ones."""
        now = time.time()
        self.delays.extend(now - at for at in stamps(data))


async def clients(port: int, count: int, wire: str, *, are_stalled: bool) -> None:
    """Connect so many, say so, and answer every line of input with the delays since the last."""
    delays: list[float] = []
    loop = asyncio.get_running_loop()
    held: list[object] = []
    for _ in range(count):
        if are_stalled:
            stalled = socket.socket()
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.connect(("127.0.0.1", port))
            stalled.sendall(request(wire))
            held.append(stalled)
        else:
            held.append(await loop.create_connection(lambda: Client(wire, delays), "127.0.0.1", port))
    print("connected", flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        print(json.dumps(delays), flush=True)
        delays.clear()


async def start(*arguments: str) -> asyncio.subprocess.Process:
    """Start a part of this benchmark, and wait for its first line."""
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 - a benchmark has no use for the door
        *(sys.executable, __file__, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 30,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    return process


async def ask(process: asyncio.subprocess.Process, line: str) -> bytes:
    """Say a line to a part, and return its answer."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line.encode() + b"\n")
    return await process.stdout.readline()


async def settled(server: asyncio.subprocess.Process, count: int) -> tuple[int, int]:
    """Wait until so many streams are open; return how many there are, and the memory of the server."""
    while True:
        open_, held = map(int, (await ask(server, "memory")).split())
        if open_ >= count:
            return open_, held
        await asyncio.sleep(1)


async def measure(arguments: argparse.Namespace) -> None:
    """Connect everybody, publish, print."""
    port, wire = arguments.port, arguments.wire
    server = await start("--serve", "--port", str(port))
    parts = [server]

    async def connect(count: int, *options: str) -> None:
        parts.append(await start("--connect", str(count), "--port", str(port), "--wire", wire, *options))

    await connect(STARTED)
    before = int((await ask(server, "memory")).split()[1])
    for _ in range(PROCESSES):
        await connect(arguments.clients // PROCESSES)
    open_, after = await settled(server, arguments.clients + STARTED)
    await connect(arguments.stalled, "--stalled")
    await settled(server, arguments.clients + STARTED + arguments.stalled)
    await ask(server, f"publish {arguments.events} {arguments.every}")
    await asyncio.sleep(2)
    delays = [delay for part in parts[1:-1] for delay in json.loads(await ask(part, "delays"))]
    open_now, late = map(int, (await ask(server, "memory")).split())
    report(delays, arguments)
    print(f"streams open           {open_}, at the end {open_now}")
    megabytes = " / ".join(f"{size / 1e6:.0f}" for size in (before, after, late))
    print(f"memory of the server   {megabytes} MB before, with all clients, at the end")
    print(f"each client            {(after - before) / (open_ - STARTED) / 1024:.1f} KiB")
    for part in reversed(parts):
        assert part.stdin is not None
        part.stdin.close()
    for part in parts:
        await part.wait()


def report(delays: Sequence[float], arguments: argparse.Namespace) -> None:
    """Print what was seen of the events."""
    expected = (arguments.clients + STARTED) * arguments.events
    ordered = sorted(delays)
    shown = " / ".join(f"{ordered[min(len(ordered) - 1, int(len(ordered) * q))] * 1000:.0f}" for q in (0.5, 0.99, 1))
    print(f"{arguments.wire}: {arguments.clients + STARTED} clients, {arguments.stalled} more that read nothing")
    print(f"events read            {len(delays)} of {expected}")
    print(f"p50 / p99 / max        {shown} ms from publishing to reading")


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--stalled", type=int, nargs="?", default=100, const=100)
    parser.add_argument("--events", type=int, default=20)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two events; 0: all at once")
    parser.add_argument("--wire", choices=("websocket", "events"), default="websocket")
    parser.add_argument("--port", type=int, default=18474)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--connect", type=int)
    arguments = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, most), most))
    if arguments.serve:
        asyncio.run(serve(arguments.port))
    elif arguments.connect is not None:
        stalled = "--stalled" in sys.argv
        asyncio.run(clients(arguments.port, arguments.connect, arguments.wire, are_stalled=stalled))
    else:
        asyncio.run(measure(arguments))


if __name__ == "__main__":
    main()
