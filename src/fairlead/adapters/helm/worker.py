"""The process that renders charts: reads questions from its standard input, writes answers to its standard output.

It has no environment, holds no credentials of its own, and may be killed at any moment: it keeps nothing.
A thread watches how much memory the process ever held and ends it beyond the limit, because a template that grows
cannot be stopped from inside Helm.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from pathlib import Path
from typing import NoReturn

from fairlead.adapters.helm import wire
from fairlead.adapters.helm.assembling import assemble
from fairlead.adapters.helm.failures import FailureKind
from fairlead.domain.errors import FairleadError

try:
    from fairlead.adapters.helm import binding
except Exception as unusable:  # noqa: BLE001 - whatever it is, these are the last words of this process
    sys.exit(f"the Helm library cannot be loaded: {unusable}")

OUT_OF_MEMORY = 77  # exit code
_WATCH_SECONDS = 0.02


def main() -> None:
    """Answer questions until there are no more. Arguments: memory limit and output limit, in bytes."""
    memory, output = (int(text) for text in sys.argv[1:3])
    # Anything that prints must not reach the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    threading.Thread(target=_watch_memory, args=(memory,), daemon=True).start()
    while (question := wire.read_question(sys.stdin.buffer)) is not None:
        answers.write(wire.pack(answer(question, output)))
        answers.flush()


def answer(question: wire.Question, output_limit: int) -> wire.Answer:
    """Answer one question."""
    try:
        match question:
            case wire.Render():
                return _render(question, output_limit)
            case wire.DefaultValues():
                return wire.Values(binding.default_values(question.chart))
    except binding.HelmRefusedError as refused:
        return wire.Failed(refused.kind, str(refused))
    except FairleadError as error:
        return wire.Rejected(error.problems)


def _render(question: wire.Render, output_limit: int) -> wire.Answer:
    output = binding.render(
        question.chart,
        bytes(question.values).decode(),
        bytes(question.options).decode(),
        kubeconfig=question.kubeconfig,
        context=question.context,
        exact=question.exact,
    )
    size = sum(len(text) for text in output.templates.values())
    if size > output_limit:
        return wire.Failed(FailureKind.LIMIT, f"it renders to {size} characters; the limit is {output_limit}")
    return wire.Rendered(assemble(output.templates, output.crds, notes_of=output.name))


def _watch_memory(limit: int) -> NoReturn:
    tick = threading.Event()
    while _resident_bytes() <= limit:
        tick.wait(_WATCH_SECONDS)
    os._exit(OUT_OF_MEMORY)


def _resident_bytes() -> int:
    try:
        pages = Path("/proc/self/statm").read_bytes().split()[1]
    except OSError:
        # Elsewhere the peak must do. On Linux it would not: a child inherits the peak of the process that started it.
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return int(pages) * resource.getpagesize()


if __name__ == "__main__":
    main()
