"""Drives the command line in process: arguments in, exit code and streams out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from fairlead.bootstrap import open_application
from fairlead.cli.failures import wants_json
from fairlead.cli.main import run
from fairlead.cli.run import Opener, Surroundings
from fairlead.cli.streams import Streams
from fairlead.cli.wire.kinds import output_schema
from fairlead.settings import Settings


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as the one JSON document that it must be."""
        document: dict[str, Any] = json.loads(self.stdout)
        return document


@dataclass
class Terminal:
    """A place to type commands. `width` makes standard output a terminal, `answers` are what a person types."""

    directory: Path
    environ: dict[str, str] = field(default_factory=dict)
    width: int | None = None
    answers: str = ""
    interactive: bool = False
    open: Opener = open_application

    def run(self, *arguments: str) -> Ended:
        stdout, stderr = StringIO(), StringIO()
        streams = Streams(StringIO(self.answers), stdout, stderr, width=self.width, interactive=self.interactive)
        home = self.directory / "home"
        settings = Settings.from_environment({"HOME": str(home), "PATH": "", "NO_COLOR": "1", **self.environ})
        code = run(arguments, Surroundings(settings, streams, self.directory, self.open))
        ended = Ended(code, stdout.getvalue(), stderr.getvalue())
        if wants_json(arguments) and "schema" not in arguments:
            validate(ended.document)
        return ended


def validate(document: dict[str, Any]) -> None:
    """Raise unless a document is what `fairlead schema output` promises."""
    _VALIDATOR.validate(document)


_VALIDATOR = Draft202012Validator(output_schema())
