"""Writes updates into the declared files, and proves before writing that they mean what was decided, and nothing else.

Every try is made on contents in memory, and everything that is declared is read again from them: what the values of all
releases are before and after may differ in the updates alone. So a file that several releases or environments share is
changed only when that is right for each of them; else the release gets a value of its own, or nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairlead.domain.config import Chart, ChartDir, ChartOci, ChartReference
from fairlead.domain.editing.places import as_release_value, in_place, standing_file
from fairlead.domain.editing.replacing import Edit, edited
from fairlead.domain.editing.spans import Span
from fairlead.domain.errors import FairleadError
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.updates import Update
from fairlead.domain.valuepaths import format_path, parse_path
from fairlead.domain.values import Branch, Items, Layer, Leaf, Tree, merge
from fairlead.doors.paths import Paths
from fairlead.doors.yaml_spans import read_spans
from fairlead.pipeline.load import Loaded, load
from fairlead.pipeline.values import Sources, ValuesFiles, effective_values

Snapshot = Mapping[tuple[ReleaseKey, str], Any]
_CHART_VERSION = "chart.version"
_ADDED = "added as a value of the release: where it comes from, others would change with it"
_SHARED = "nothing was written: every place for it is shared with others that do not want it, or holds no plain text"


@dataclass(frozen=True, slots=True)
class Patched:
    """What became of an update. `file` is relative to the repository root, `line` counts from 1.

    `note` says what is worth saying; where `changed` is False, why nothing was written.
    """

    update: Update
    changed: bool
    file: str | None = None
    line: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Try:
    """One edit for one update, in one file."""

    update: Update
    file: str
    edit: Edit
    note: str = ""


Way = Callable[[str, Span | None, Update, Target], Edit | None]


@dataclass(frozen=True, slots=True)
class Patching:
    """Changes of one repository. `charts` allows to change the values of chart directories, too."""

    environments_file: Path
    root: Path
    environ: Mapping[str, str] = field(repr=False)
    charts: bool = False

    async def patch(self, updates: Sequence[Update]) -> tuple[Patched, ...]:
        """Write updates and return what became of each, in order. All are written or, at an error, some files are.

        Raises:
            InputError: a file was changed by somebody else meanwhile, or cannot be written.
        """
        loaded = self.load({})
        targets = {target.key: target for target in _targets(loaded)}
        return await _Run(self, Paths(self.root), loaded, targets).patched(updates)

    def load(self, contents: Mapping[str, bytes]) -> Loaded:
        """Read everything that is declared, with these contents in place of the files'."""
        return load(self.environments_file, environ=self.environ, root=self.root, overlay=contents)


@dataclass(slots=True)
class _Run:
    patching: Patching
    paths: Paths
    loaded: Loaded
    targets: Mapping[ReleaseKey, Target]
    before: Snapshot = field(default_factory=dict)
    originals: dict[str, bytes] = field(default_factory=dict)

    async def patched(self, updates: Sequence[Update]) -> tuple[Patched, ...]:
        self.before = await self._snapshot(self.loaded, self.paths)
        tries = [self._in_place(update) for update in updates]
        whole = [one for one in tries if one is not None]
        if len(whole) != len(updates) or not await self._mean_it(whole):
            whole = await self._each_apart(updates)
        for file, content in self._contents(whole).items():
            self.paths.write(file, content, before=self.originals[file])
        made = {one.update: one for one in whole}
        return tuple(self._told(update, made.get(update)) for update in updates)

    async def _each_apart(self, updates: Sequence[Update]) -> list[_Try]:
        """Take each update by itself, on top of those that were taken: first where its text stands, then added."""
        taken: list[_Try] = []
        for update in updates:
            for one in (self._in_place(update), self._added(update)):
                if one is not None and await self._mean_it([*taken, one]):
                    taken.append(one)
                    break
        return taken

    def _in_place(self, update: Update) -> _Try | None:
        is_chart = update.standing.layer is Layer.CHART
        file = standing_file(update, self.targets[update.release])
        if file is None or (is_chart and not self.patching.charts):
            return None
        return self._tried(update, file, in_place)

    def _added(self, update: Update) -> _Try | None:
        return self._tried(update, self.targets[update.release].release.place.file, as_release_value, _ADDED)

    def _tried(self, update: Update, file: str, way: Way, note: str = "") -> _Try | None:
        text = self._text(file)
        edit = way(text, read_spans(text), update, self.targets[update.release])
        return None if edit is None else _Try(update, file, edit, note)

    async def _mean_it(self, tries: Sequence[_Try]) -> bool:
        """Whether the edits change what they should and nothing else, for whatever is declared anywhere."""
        try:
            contents = self._contents(tries)
            loaded = self.patching.load(contents)
            after = await self._snapshot(loaded, Paths(self.paths.root, contents))
        except (FairleadError, ValueError):
            return False
        changed = {key: after.get(key) for key in {*self.before, *after} if self.before.get(key) != after.get(key)}
        return changed == {(one.update.release, _path(one.update)): one.update.text for one in tries}

    def _contents(self, tries: Iterable[_Try]) -> dict[str, bytes]:
        edits: dict[str, list[Edit]] = {}
        for one in tries:
            edits.setdefault(one.file, []).append(one.edit)
        return {file: self._bytes(file, edited(self._text(file), several)) for file, several in edits.items()}

    def _text(self, file: str) -> str:
        return self._original(file).decode("utf-8-sig")

    def _bytes(self, file: str, text: str) -> bytes:
        mark = b"\xef\xbb\xbf"
        return (mark if self._original(file).startswith(mark) else b"") + text.encode()

    def _original(self, file: str) -> bytes:
        if file not in self.originals:
            self.originals[file] = self.paths.read(file)
        return self.originals[file]

    async def _snapshot(self, loaded: Loaded, paths: Paths) -> dict[tuple[ReleaseKey, str], Any]:
        """Return every value of every release, and the versions of charts."""
        files, found = ValuesFiles(paths), {}
        for target in _targets(loaded):
            source = target.release.source
            if isinstance(source, ChartReference | ChartOci):
                found[target.key, _CHART_VERSION] = source.version
            if isinstance(source, Chart):
                values: Tree = (await effective_values(loaded.declaration, target, files, Sources())).tree
                if self.patching.charts and isinstance(source, ChartDir):
                    values = merge(files.tree(f"{source.path}/values.yaml", Layer.CHART), values)
                found |= {(target.key, path): value for path, value in _flat(values, ())}
        return found

    def _told(self, update: Update, made: _Try | None) -> Patched:
        if made is None:
            return Patched(update, changed=False, note=_SHARED)
        line = self._text(made.file).count("\n", 0, made.edit.start) + 1
        return Patched(update, changed=True, file=made.file, line=line, note=made.note)


def _targets(loaded: Loaded) -> Iterable[Target]:
    return (Target(one, release) for one in loaded.declaration.environments for release in one.releases)


def _path(update: Update) -> str:
    is_version = update.standing.key == _CHART_VERSION
    return _CHART_VERSION if is_version else format_path(parse_path(update.standing.key))


def _flat(tree: Tree, path: tuple[str | int, ...]) -> Iterable[tuple[str, Any]]:
    match tree:
        case Leaf(value=value):
            yield format_path(path), value
        case Items(items=items):
            yield format_path((*path, "[]")), len(items)
            for number, item in enumerate(items):
                yield from _flat(item, (*path, number))
        case Branch(entries=entries):
            for key, inner in entries.items():
                yield from _flat(inner, (*path, key))
