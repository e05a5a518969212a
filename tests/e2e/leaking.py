"""Markers that stand for secrets, where they turn up, and with which arguments the programs below a command run."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.doors.process import Program, start, stop
from tests.fakes.terminal import Ended

SAMPLE_SECONDS = 0.02
_AWKWARD = '"<&/+é% '


@dataclass(frozen=True, slots=True)
class Marker:
    """One secret. Its value holds a core that no encoding but base64 changes, so that a part of it is found, too."""

    name: str

    @property
    def core(self) -> str:
        """Letters and digits that stand nowhere else."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:24]

    @property
    def value(self) -> str:
        """The secret, with signs that URLs, JSON and HTML write differently."""
        return f"pass{_AWKWARD}{self.core}"

    def stands_in(self, text: str) -> bool:
        """Whether it can be read in a text: raw, URL-encoded, JSON-escaped or in base64 at any offset."""
        return self.core in text or any(form in text for form in self._in_base64())

    def _in_base64(self) -> Iterator[str]:
        for offset in range(3):
            encoded = base64.b64encode(b" " * offset + self.core.encode()).decode().rstrip("=")
            yield encoded[4 if offset else 0 : -1]


@dataclass
class Watched:
    """Runs commands and keeps what they say, and the arguments of every process below them that was seen."""

    markers: Mapping[str, Marker]
    env: Mapping[str, str]
    cwd: Path
    leaks: set[tuple[str, str]] = field(default_factory=set)
    children: set[tuple[str, ...]] = field(default_factory=set)

    async def run(self, *arguments: str, codes: Iterable[int] = (0,), but: Iterable[str] = ()) -> Ended:
        """Run one command; `but` names markers that it may show, because they were written down in clear."""
        program = Program(("fairlead", *arguments), cwd=self.cwd, env=self.env, accepted=frozenset(range(256)))
        child = await start(program)
        watching = asyncio.create_task(self._watch(child.pid))
        try:
            async with asyncio.timeout(120):
                said, complained = await child.communicate()
        finally:
            watching.cancel()
            await stop(child)
        ended = Ended(child.returncode or 0, said.decode(), complained.decode())
        self.look(" ".join(arguments), ended.stdout + ended.stderr, but=but)
        assert ended.code in codes, (arguments, ended)
        return ended

    def look(self, where: str, text: str, *, but: Iterable[str] = ()) -> None:
        """Look for markers in a text."""
        exempt = set(but)
        self.leaks |= {
            (where, name) for name, one in self.markers.items() if one.stands_in(text) and name not in exempt
        }

    def look_at_files(self, folder: Path, *, but: Iterable[Path] = ()) -> int:
        """Look for markers in all files below a folder, and return how many there are."""
        files = [path for path in folder.rglob("*") if path.is_file() and path not in set(but)]
        for path in files:
            self.look(str(path.relative_to(folder)), path.read_bytes().decode(errors="replace"))
        return len(files)

    async def _watch(self, pid: int) -> None:
        while True:
            for argv in await asyncio.to_thread(lambda: set(_below(pid))):
                self.children.add(argv)
                self.look(f"arguments of {argv[0]}", " ".join(argv))
            await asyncio.sleep(SAMPLE_SECONDS)  # a sample, as nobody tells of processes that begin


def _below(pid: int) -> Iterator[tuple[str, ...]]:
    """Yield the arguments of all processes that descend from one (proc(5))."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it has ended meanwhile
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    for one in parents:
        above = one
        while above in parents and above != pid:
            above = parents[above]
        if above == pid:
            with suppress(OSError):
                argv = (Path("/proc") / str(one) / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if argv[0]:
                    yield tuple(argv)
