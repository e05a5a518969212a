"""Fairlead beside its peers and beside the floor: N releases of one chart, 4 objects each, one API server, one call.

    python bench/peers.py [--releases 100] [--rounds 3] [--only floor,fairlead,kubectl-ssa]

Every tool gets four jobs in a namespace of its own: first apply, one change, apply again, diff again. All of it is done
once with a single release, uncounted, and then in rounds: in each, one tool after the other. A figure is of the whole
process, from start to exit: seconds, how many times as long as the floor in the same round, requests that the API
server counted, and the memory that the process and all below it held at the peak. Medians of the rounds; a tool whose
jobs took longer than a minute together is not asked again. The floor is bare aiohttp: every object applied, 20 at once,
and four lists. What is not installed is left out; `bench/installing.py` builds some. Starts a sandbox of its own with
simulated nodes and ends it. How long `fairlead --version` takes is printed, too.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from installing import folders
from measuring import Site
from tools import FAIRLEAD, JOBS, TOOLS, Tool, write_chart

from fairlead.settings import Settings

SANDBOX = "bench"
SLOW_SECONDS = 60.0
STARTS = 21


@dataclass(frozen=True, slots=True)
class Figure:
    """One job of one tool in one round."""

    seconds: float
    requests: int
    peak: int
    code: int


# By job, what a tool took; a job that it cannot do is missing.
Round = dict[str, Figure]


@contextmanager
def sandbox(releases: int) -> Iterator[Site]:
    """Start a sandbox, and end it whatever happens."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_chart(work / "chart")
        kubeconfig = work / "kubeconfig"
        up = ["sandbox", "up", "--name", SANDBOX, "--nodes", "simulated", "--kubeconfig-out", str(kubeconfig)]
        code = os.spawnlp(os.P_WAIT, FAIRLEAD, FAIRLEAD, *up)
        if code:
            raise SystemExit(code)
        try:
            yield Site(work, kubeconfig, f"{SANDBOX}-1", releases, _environ(work, kubeconfig))
        finally:
            os.spawnlp(os.P_WAIT, FAIRLEAD, FAIRLEAD, "sandbox", "down", "--name", SANDBOX)


def _environ(home: Path, kubeconfig: Path) -> dict[str, str]:
    """The machine's environment, pointing to the sandbox and to built peers; Python may keep what it compiled."""
    own = dict(os.environ)  # noqa: TID251 - a bench
    path = os.pathsep.join([*folders(Settings.from_environment()), own.get("PATH", os.defpath)])
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**own, "PATH": path, "KUBECONFIG": str(kubeconfig), "HOME": str(home)}


def play(site: Site, tool: Tool, namespace: str) -> Round:
    """Let a tool do its jobs in a new namespace."""
    site.run(["kubectl", "--context", site.context, "create", "namespace", namespace])
    use = tool.use(site, namespace)
    found: Round = {}
    for job in JOBS:
        use.prepare("1.0" if job == JOBS[0] else "1.1")
        if wanted := use.commands(job):
            before = site.requests()
            run = site.run(*wanted)
            found[job] = Figure(run.seconds, site.requests() - before - 1, run.peak, run.code)
    return found


def measure(site: Site, rounds: int, only: Sequence[str]) -> dict[str, list[Round]]:
    """Let every tool that is installed do its jobs again and again."""
    tools = {name: tool for name, tool in TOOLS.items() if (not only or name in only) and _is_installed(tool, site)}
    for name, tool in tools.items():
        play(replace(site, releases=1), tool, f"warm-{name}")
    found: dict[str, list[Round]] = {name: [] for name in tools}
    for number in range(rounds):
        for name, tool in tools.items():
            earlier = found[name]
            if earlier and sum(figure.seconds for figure in earlier[0].values()) > SLOW_SECONDS:
                continue
            earlier.append(play(site, tool, f"bench-{name}-{number}"))
            seconds = " ".join(f"{figure.seconds:.2f}" for figure in earlier[-1].values())
            print(f"round {number + 1}: {name} {seconds}", file=sys.stderr, flush=True)
    return found


def _is_installed(tool: Tool, site: Site) -> bool:
    return shutil.which(tool.program, path=site.environ["PATH"]) is not None


def table(found: dict[str, list[Round]]) -> str:
    """Return the figures as a table in Markdown."""
    lines = ["| | " + " | ".join(JOBS) + " |", "|" + " --- |" * (1 + len(JOBS))]
    for name, rounds in found.items():
        cells = [_cell(job, rounds, found.get("floor", [])) for job in JOBS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(job: str, rounds: Sequence[Round], floor: Sequence[Round]) -> str:
    figures = [one[job] for one in rounds if job in one]
    if not figures:
        return "-"
    seconds = statistics.median(figure.seconds for figure in figures)
    ratios = [figure.seconds / least[job].seconds for figure, least in zip(figures, floor, strict=False)]
    times = f" ({statistics.median(ratios):.1f} x)" if ratios else ""
    requests = statistics.median(figure.requests for figure in figures)
    failed = next((f", exit code {figure.code}" for figure in figures if figure.code), "")
    return f"{seconds:.2f} s{times} / {requests:.0f} / {max(figure.peak for figure in figures) / 1e6:.0f}{failed}"


def versions(site: Site, found: dict[str, list[Round]]) -> str:
    """Return what was measured, by the programs' own words."""
    said = (site.read(*TOOLS[name].version).split("\n")[0].strip() for name in found)
    server = site.read("kubectl", "--context", site.context, "get", "--raw", "/version")
    kubernetes = next((line.split('"')[3] for line in server.splitlines() if "gitVersion" in line), "?")
    python = platform.python_version()
    return ", ".join([f"Kubernetes {kubernetes}", f"Python {python}", *dict.fromkeys(said)])


def startup(site: Site) -> float:
    """Return the seconds that `fairlead --version` takes."""
    return statistics.median(site.run([FAIRLEAD, "--version"]).seconds for _ in range(STARTS))


def main() -> None:
    """Measure what is asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    with sandbox(arguments.releases) as site:
        found = measure(site, arguments.rounds, [name for name in arguments.only.split(",") if name])
        print(f"fairlead --version: {startup(site) * 1000:.0f} ms, median of {STARTS}")
        print(f"{site.releases} releases, {4 * site.releases} objects, {os.cpu_count()} cores, {versions(site, found)}")
        print(f"seconds (times the floor) / requests / peak MB, median of {arguments.rounds}\n\n{table(found)}")


if __name__ == "__main__":
    main()
