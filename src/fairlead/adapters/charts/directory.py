"""Chart directories of the repository, read as Helm would package them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.helmignore import FILE, IgnoreRules, read_rules
from fairlead.doors.archives import Limits
from fairlead.doors.paths import Paths

# Helm's own limits for one file and for a whole chart.
CHART_LIMITS = Limits(total=100 * 1024 * 1024, file=5 * 1024 * 1024)


def read_directory(paths: Paths, directory: str) -> dict[str, bytes]:
    """Return the files of a chart directory (relative to the repository) by their paths in the chart.

    Links are followed inside the repository, and refused where they leave it.

    Raises:
        InputError: from the path resolver, or `chartInvalid`: no directory, too large, a link that leads in a circle.
    """
    found = paths.directory("", directory)
    file = paths.root / found / FILE
    text = paths.read(f"{found}/{FILE}").decode(errors="replace") if file.is_file() else ""
    reading = _Reading(paths, found, read_rules(text, file=f"{directory}/{FILE}"))
    reading.walk("", (os.path.realpath(paths.root / found),))
    return reading.files


@dataclass(slots=True)
class _Reading:
    paths: Paths
    directory: str
    rules: IgnoreRules
    files: dict[str, bytes] = field(default_factory=dict)
    size: int = 0

    def walk(self, folder: str, above: tuple[str, ...]) -> None:
        here = Path(above[-1])
        for entry in sorted(os.scandir(here), key=lambda entry: entry.name):
            path = f"{folder}{entry.name}"
            self._check_name(path)
            # The resolver refuses links that lead out of the repository, before anything behind them is looked at.
            real = self.paths.root / self.paths.resolve("", f"{self.directory}/{path}")
            if self.rules.leaves_out(path, folder=real.is_dir()):
                continue
            if not real.is_dir():
                self._read(path)
            elif str(real) in above or len(above) > CHART_LIMITS.depth:
                raise self._invalid(f"{path} leads in a circle or too deep")
            else:
                self.walk(f"{path}/", (*above, str(real)))

    def _read(self, path: str) -> None:
        content = self.paths.read(f"{self.directory}/{path}", limit=CHART_LIMITS.file)
        self.size += len(content)
        if self.size > CHART_LIMITS.total or len(self.files) >= CHART_LIMITS.entries:
            raise self._invalid("it is too large for a chart")
        self.files[path] = content

    def _check_name(self, path: str) -> None:
        if "\\" in path or not path.isprintable():
            raise self._invalid(f"the file name {path.encode(errors='backslashreplace').decode()!r} cannot be packaged")

    def _invalid(self, what: str) -> InputError:
        remedy = "leave out what is not part of the chart with .helmignore"
        return InputError(
            Problem("chartInvalid", f"chart {self.directory}: {what}", file=self.directory, remedy=remedy)
        )
