"""The help of `fairlead` itself; commands print their own."""

from __future__ import annotations

from fairlead.cli.catalog import CATALOG
from fairlead.cli.entries.entry import SECTIONS, Entry

_HEAD = """\
Usage: fairlead COMMAND [options]

Continuous deployment for Kubernetes: declare in Git, see the plan, apply
exactly that plan.
"""

_TAIL = """
Common options, before or after the command:
  -f, --environments-file FILE  the declared state [environments.yaml]
  --root DIR                    the repository [where .git is]
  --output text|json            text for people, or one JSON document
  -v, --verbose                 say more
  --no-color                    no colours
  --version                     print the version

`fairlead COMMAND --help` explains a command, with examples.
Exit codes: 0 fine, 1 failed, 2 wrong input, 3 changes exist
(--detailed-exitcode), 4 refused, 130 interrupted.
"""


def overview() -> str:
    """Return the list of commands, by purpose."""
    return _HEAD + "".join(_section(section) for section in SECTIONS) + _TAIL


def _section(section: str) -> str:
    entries = [entry for entry in CATALOG if entry.section == section]
    return f"\n{section}:\n" + "".join(f"  {entry.name:<12}{_summary(entry)}\n" for entry in entries)


def _summary(entry: Entry) -> str:
    return entry.summary + (f" (also: {entry.alias})" if entry.alias else "")
