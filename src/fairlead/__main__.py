"""The way in: `fairlead` and `python -m fairlead`.

What is asked for most often (the version, completions) is answered before anything large is imported.
"""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from fairlead import __version__

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; `argv` is without the program's name."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        sys.stdout.write(f"fairlead {__version__}\n")
        return 0
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except ImportError as error:
        # Commands report their own failures; this one is an installation that lacks a part.
        sys.stderr.write(f"error: Fairlead is not installed completely: {error}\n  hint: install it again\n")
        return 1


def _run(arguments: list[str]) -> int:
    # A command lives for seconds and keeps nearly all it makes: looking for cycles as often as usual costs it a tenth.
    gc.set_threshold(50_000, 20, 100)
    # Imported here, so that `--version` and the shell's Tab key do not pay for what they do not use.
    if arguments[:1] == ["__complete"]:
        from fairlead.cli.completion.answer import answer  # noqa: PLC0415 - as above

        return answer(arguments[1:])
    if arguments in ([], ["--help"], ["-h"], ["help"]):
        from fairlead.cli.help import overview  # noqa: PLC0415 - as above
        from fairlead.cli.streams import Streams  # noqa: PLC0415 - as above

        Streams.standard().write(overview())
        return 0
    from fairlead.cli.main import run_on_terminal  # noqa: PLC0415 - as above

    return run_on_terminal(arguments)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Treat a request to end like Ctrl-C, also before and after the event loop has its own handlers."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
