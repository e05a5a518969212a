"""`fairlead lint`: everything that can be wrong about what is declared."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated

import typer
from rich.text import Text

from fairlead.cli.command import build
from fairlead.cli.options import Common, Where
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import chosen_targets
from fairlead.cli.text.layout import plural
from fairlead.cli.text.problems import problem_lines, tally
from fairlead.cli.wire.documents import Problems
from fairlead.cli.wire.problems import problems_document
from fairlead.domain.errors import InputError, Problem, Severity

WRONG_INPUT = 2


def lint(
    where: Where,
    common: Common,
    *,
    online: Annotated[bool, typer.Option("--online", help="Ask the clusters too, by schema and dry run")] = False,
    kube_version: Annotated[
        str | None,
        typer.Option("--kube-version", metavar="VERSION", help="Check against this Kubernetes version when offline"),
    ] = None,
) -> Operation:
    """Check the declared state."""
    return Operation(common, partial(_lint, where, online=online, kube_version=kube_version))


async def _lint(where: Where, run: Run, *, online: bool, kube_version: str | None) -> int:
    problems: tuple[Problem, ...] = ()
    checked = 0
    try:
        progress = run.progress()
        async with run.application(where.declared, sink=progress, offline=not online) as application:
            chosen = chosen_targets(application, where, everything=True)
            with progress.shown():
                problems = await application.lint(chosen, online=online, kube_version=kube_version)
        checked = len(chosen)
    except InputError as error:  # what loading refuses is what lint is for
        problems = error.problems
    run.output.show(problems_document(problems), partial(_lines, problems, checked))
    return WRONG_INPUT if any(problem.severity is Severity.ERROR for problem in problems) else 0


def _lines(problems: tuple[Problem, ...], checked: int, _document: Problems, width: int | None) -> Iterator[Text]:
    yield from problem_lines(problems, width=width)
    if problems:
        yield Text()
    yield Text(tally(problems), "bold") if problems else Text(f"No problems in {plural(checked, 'release')}.")


app = build(lint)
