"""Programs that write down how they were called, to stand on PATH in place of gcloud, az, kubectl."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SCRIPT = """#!{python} -S
import json, os, sys
with open({journal!r}, "a") as journal:
    print(json.dumps({{"argv": [{name!r}, *sys.argv[1:]], "env": dict(os.environ)}}), file=journal)
{body}
sys.stdout.write({stdout!r})
sys.stderr.write({stderr!r})
sys.exit({exit_code})
"""

# The stand-in for what credential programs do: they write to the first file of KUBECONFIG.
_MERGE = """
path = os.environ["KUBECONFIG"].split(os.pathsep)[0]
content = json.load(open(path)) if os.path.exists(path) else {{}}
for section, entries in json.loads({adds!r}).items():
    if section == "current-context":
        content[section] = entries
        continue
    names = [entry["name"] for entry in entries]
    content[section] = [entry for entry in content.get(section, []) if entry["name"] not in names] + entries
os.makedirs(os.path.dirname(path), exist_ok=True)
json.dump(content, open(path, "w"))
"""


class RecordingPrograms:
    """A directory of recording programs, and what they recorded."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._journal = directory / "journal.jsonl"
        directory.mkdir(parents=True, exist_ok=True)

    def install(
        self,
        name: str,
        *,
        adds: Mapping[str, Any] | None = None,
        stdout: str = "",
        stderr: str = "",
        exit_code: int = 0,
    ) -> None:
        """Put a program on the path. `adds` are sections of a kubeconfig, merged into the JSON of KUBECONFIG."""
        body = _MERGE.format(adds=json.dumps(adds)) if adds else ""
        program = self.directory / name
        program.write_text(
            _SCRIPT.format(
                python=sys.executable,
                journal=str(self._journal),
                name=name,
                body=body,
                stdout=stdout,
                stderr=stderr,
                exit_code=exit_code,
            )
        )
        program.chmod(0o755)

    @property
    def calls(self) -> list[tuple[str, ...]]:
        """The argument lists of all calls, in order."""
        return [tuple(call["argv"]) for call in self._recorded()]

    @property
    def environments(self) -> list[dict[str, str]]:
        """The environments of all calls, in order."""
        return [call["env"] for call in self._recorded()]

    def _recorded(self) -> list[dict[str, Any]]:
        if not self._journal.exists():
            return []
        return [json.loads(line) for line in self._journal.read_text().splitlines()]
