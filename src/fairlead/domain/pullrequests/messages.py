"""What a commit and a pull request say.

Tags, versions and labels are texts of strangers: in a commit message they stand within a line, so that none can become
a trailer; in Markdown they stand in code, so that none can mention a person, link or hide something.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fairlead.domain.links import compare_link, safe_link, safe_revision
from fairlead.domain.pullrequests.groups import Group
from fairlead.domain.upgrades.updates import Update

_SOURCE = "org.opencontainers.image.source"
_REVISION = "org.opencontainers.image.revision"
_MARK = re.compile(r"<!-- fairlead ([0-9a-f]{64}) -->")
_ASKS = re.compile(r"<!-- asks ([0-9a-f]{64}) -->\n?")
_MAX_CELL = 120
_PLAIN = str.maketrans("`|<>", "'/()")  # what would end the code, the cell of the table, or the mark


@dataclass(frozen=True, slots=True)
class Origins:
    """What the labels of the present and the new image say of where they were built from."""

    old: Mapping[str, str]
    new: Mapping[str, str]

    def lines(self) -> list[str]:
        """Return links to the source and to what changed, as far as the labels can be trusted to be such."""
        source = safe_link(self.new.get(_SOURCE, ""))
        if source is None:
            return []
        old, new = (safe_revision(labels.get(_REVISION, "")) for labels in (self.old, self.new))
        compared = compare_link(source, old, new) if old and new and old != new else None
        built = f"{source} at {new}" if new else source
        return [f"Source: {built}", *([f"Changes: {compared}"] if compared else [])]


def title(group: Group) -> str:
    """Return one line that says what the group changes."""
    targets = {(update.subject, update.to_version) for update in group.updates}
    environments = sorted({update.release.environment for update in group.updates})
    where = environments[0] if len(environments) == 1 else f"{len(environments)} environments"
    if len(targets) == 1:
        update = group.updates[0]
        name = update.subject.rpartition("/")[2]
        return _line(f"Update {name} to {update.to_version} in {where}")
    return _line(f"Update {len(targets)} versions in {where} ({group.name})")


def commit_message(group: Group, origins: Mapping[str, Origins]) -> str:
    """Return the message of the group's commit. `origins` are by subject."""
    rows = [("environment", "release", "what", "from", "to"), *(_row(update) for update in group.updates)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    table = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) for row in rows
    ]
    # Every line that holds a stranger's text is indented, so that none of them can be read as a trailer.
    lines = [f"    {line}".rstrip() for line in table]
    for subject, found in _told(group, origins):
        lines += ["", f"{subject}:", *(f"    {line}" for line in found)]
    return "\n".join([title(group), "", *lines]) + "\n"


def body(group: Group, origins: Mapping[str, Origins]) -> str:
    """Return the text of the group's pull request, in Markdown, beginning with marks of what it says and asks for.

    A list of requests may give no more than the beginning of each text: 400 characters on Azure DevOps.
    """
    lines = ["| environment | release | what | from | to | why |", "| --- | --- | --- | --- | --- | --- |"]
    for update in group.updates:
        cells = (*_row(update), update.reason)
        lines.append("| " + " | ".join(_code(cell) for cell in cells) + " |")
    for subject, found in _told(group, origins):
        lines += ["", f"{_code(subject)}", "", *(f"- {line}" for line in found)]
    lines += [
        "",
        f"Closed by itself when it is outdated. Branch `{group.branch}` is replaced; commits added there stay.",
    ]
    text = "\n".join(lines)
    asked = [(one.release.environment, one.release.release, one.standing.key, one.text) for one in group.updates]
    what = _digest(*(each for row in sorted(asked) for each in row))
    return f"<!-- fairlead {_digest(title(group), text)} -->\n<!-- asks {what} -->\n\n{text}\n"


def says_the_same(ours: str, found: str) -> bool:
    """Tell whether a pull request was last written with this text; what people added since then may stay."""
    mine, theirs = _MARK.search(ours), _MARK.search(found)
    return mine is not None and theirs is not None and mine[1] == theirs[1]


def asks_the_same(ours: str, found: str) -> bool:
    """Tell whether a pull request asks for exactly these versions, whatever they would replace and for what reason."""
    mine, theirs = _ASKS.search(ours), _ASKS.search(found)
    return mine is not None and theirs is not None and mine[1] == theirs[1]


def asking_nothing(found: str) -> str:
    """Return the text of a pull request that nobody declined: we close it, and may ask the same again some day."""
    return _ASKS.sub("", found)


def _told(group: Group, origins: Mapping[str, Origins]) -> Iterable[tuple[str, Sequence[str]]]:
    for subject in dict.fromkeys(update.subject for update in group.updates):
        if subject in origins and (lines := origins[subject].lines()):
            yield _line(subject), lines


def _row(update: Update) -> tuple[str, str, str, str, str]:
    to_version = update.to_version if update.digest is None else f"{update.to_version}@{update.digest}"
    cells = (update.release.environment, update.release.release, update.subject, update.from_version, to_version)
    environment, release, subject, old, new = (_line(cell) for cell in cells)
    return environment, release, subject, old, new


def _line(text: str) -> str:
    """Return a text as one printable line of bounded length."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:_MAX_CELL]


def _code(text: str) -> str:
    """Return a text as Markdown code within a table: without what would end either."""
    return f"`{_line(text).translate(_PLAIN)}`"


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode(errors="surrogatepass")).hexdigest()
