"""Load on an application at a fixed rate, whatever it answers (open loop), and what came of it.

    python -m bench.load http://HOST:PORT [--rate 200] [--seconds 60] [--log FILE]

Half of the requests are POSTs on connections that are kept, half are GETs on a connection of their own; beside them a
request that takes 10 seconds is sent every 5. Each is sent at its time, even if earlier ones have no answer yet, and is
never repeated. The application says its version and its own name, as the sandbox's sample does. SIGINT and SIGTERM end
the load: no new request is sent, those under way are waited for.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httptools

from bench.answers import Answer, Kind, shown, summarize, write
from bench.connections import Connection, Lost, Reply, Target, ask_once, wall_clock

_BODY = b'{"order": 1}'


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent where. Seconds: `seconds` (None: until stopped), `patience` for an answer, and those of long ones.

    `kept` connections take turns; more are opened when all of them wait. `long_every` 0 sends no long requests.
    """

    target: Target
    rate: float = 200.0
    seconds: float | None = None
    kept: int = 20
    patience: float = 10.0
    long_every: float = 5.0
    long_takes: float = 10.0


class Load:
    """The load of one plan. `answers` grow as they come, in the order of their ends."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.answers: list[Answer] = []
        self.now = wall_clock()
        self._resting: deque[Connection] = deque()
        self._busy = 0
        self._ended = asyncio.Event()
        self._grown = asyncio.Event()

    def stop(self) -> None:
        """Send nothing more."""
        self._ended.set()

    async def reached(self, count: int) -> None:
        """Wait until there are so many answers."""
        while len(self.answers) < count:
            self._grown.clear()
            await self._grown.wait()

    async def run(self) -> list[Answer]:
        """Send everything at its time; return when the last answer is there."""
        plan, began = self.plan, self.now()
        async with asyncio.TaskGroup() as group:
            short = group.create_task(self._send(group, began, 1 / plan.rate, (Kind.KEPT, Kind.NEW)))
            if plan.long_every:
                group.create_task(self._send(group, began, plan.long_every, (Kind.LONG,)))
            await short
        while self._resting:
            await self._resting.popleft().close()
        return self.answers

    async def _send(self, group: asyncio.TaskGroup, began: float, every: float, kinds: tuple[Kind, ...]) -> None:
        number = 0
        while self.plan.seconds is None or number * every < self.plan.seconds:
            due = began + number * every
            if await self._ended_before(due):
                return
            group.create_task(self._one(kinds[number % len(kinds)], due))
            number += 1

    async def _ended_before(self, due: float) -> bool:
        if self._ended.is_set():
            return True
        wait = due - self.now()
        if wait <= 0:
            await asyncio.sleep(0)  # behind its times, it must still let answers in
            return False
        try:
            async with asyncio.timeout(wait):
                return await self._ended.wait()
        except TimeoutError:
            return False

    async def _one(self, kind: Kind, due: float) -> None:
        sent, reply, error = self.now(), Reply(self.now), ""
        patience = self.plan.patience + (self.plan.long_takes if kind is Kind.LONG else 0)
        try:
            async with asyncio.timeout(patience):
                await self._ask(kind, reply)
        except TimeoutError:
            error = "timed out"
        except Lost as lost:
            error = str(lost)
        except OSError as broken:
            error = type(broken).__name__
        except httptools.HttpParserError:
            error = "no HTTP"
        ended = self.now()
        said = reply.word(0), reply.word(1)
        self.answers.append(Answer(kind, due, sent, reply.began, ended, reply.status, *said, error))
        self._grown.set()

    async def _ask(self, kind: Kind, reply: Reply) -> None:
        target = self.plan.target
        match kind:
            case Kind.KEPT:
                await self._ask_on_kept(target.post("/", _BODY), reply)
            case Kind.NEW:
                await ask_once(target, target.get("/"), reply)
            case Kind.LONG:
                await ask_once(target, target.get(f"/slow?seconds={self.plan.long_takes:g}"), reply)

    async def _ask_on_kept(self, request: bytes, reply: Reply) -> None:
        self._busy += 1
        try:
            connection = await self._kept()
            try:
                await connection.ask(request, reply)
            finally:
                if reply.stays:
                    self._resting.append(connection)
                else:
                    await connection.close()
        finally:
            self._busy -= 1

    async def _kept(self) -> Connection:
        """Return the connection that rested longest, so that all of them stay in use, or one more."""
        while self._resting and len(self._resting) + self._busy > self.plan.kept:
            connection = self._resting.popleft()
            if connection.usable:
                return connection
            await connection.close()
        return await Connection.open(self.plan.target)


@asynccontextmanager
async def load_on(plan: Plan) -> AsyncIterator[Load]:
    """Have load for the length of a block; its answers are complete behind it."""
    load = Load(plan)
    running = asyncio.create_task(load.run())
    try:
        yield load
    finally:
        load.stop()
        await running


async def _run(plan: Plan, log: Path | None) -> None:
    load, loop = Load(plan), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, load.stop)
    # A collection of garbage stops the clock of the next requests, and answers are kept to the end anyway.
    gc.disable()
    answers = await load.run()
    if log is not None:
        write(log, answers)
    print(shown(summarize(answers)))


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, default=200.0, help="requests in a second")
    parser.add_argument("--seconds", type=float, help="how long; until it is stopped, if not given")
    parser.add_argument("--log", type=Path, help="write every answer to this file")
    options = parser.parse_args()
    asyncio.run(_run(Plan(Target.of(options.url), options.rate, options.seconds), options.log))


if __name__ == "__main__":
    main()
