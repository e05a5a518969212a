"""Writes updates into the declared files, and proves before writing that they mean what was decided, and nothing else.

Every try is made on contents in memory, and everything that is declared is read again from them: what the values of all
releases are before and after may differ in the updates alone. So a file that several releases or environments share is
changed only when that is right for each of them; else the release gets a value of its own, or nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fairlead.domain.config import App, Chart, ChartDir, ChartOci, ChartReference
from fairlead.domain.editing.lock_files import in_lock_file
from fairlead.domain.editing.places import as_release_value, in_place, standing_file
from fairlead.domain.editing.replacing import Edit, edited
from fairlead.domain.editing.spans import Span
from fairlead.domain.errors import FairleadError
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.chosen import HEADER
from fairlead.domain.upgrades.updates import Update, is_value
from fairlead.domain.upgrades.watching_apps import tree_of_app
from fairlead.domain.valuepaths import format_path, parse_path
from fairlead.domain.values import Branch, Items, Layer, Leaf, Tree, merge
from fairlead.doors.paths import Paths
from fairlead.doors.yaml_spans import read_spans
from fairlead.pipeline.load import Loaded, load
from fairlead.pipeline.values import Sources, ValuesFiles, effective_values

Snapshot = Mapping[tuple[ReleaseKey, str], Any]
_CHART_VERSION = "chart.version"
_ABSENT = object()  # null is something
_ADDED = "added as a value of the release: where it comes from, others would change with it"
_SHARED = "nothing was written: every place for it is shared with others that do not want it, or holds no plain text"
_APART = "; with `lockFile: true` the release keeps a tag of its own"


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
Trying = Callable[[Update], _Try | None]


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
    """What was taken so far: `contents` of files, and what everything declared is with them."""

    patching: Patching
    paths: Paths
    loaded: Loaded
    targets: Mapping[ReleaseKey, Target]
    before: Snapshot = field(default_factory=dict)
    originals: dict[str, bytes | None] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    spans: dict[str, Span | None] = field(default_factory=dict)
    made: dict[Update, _Try] = field(default_factory=dict)

    async def patched(self, updates: Sequence[Update]) -> tuple[Patched, ...]:
        self.before = await self._snapshot(self.loaded, self.paths)
        rest = await self._settled(updates, self._in_place)
        rest = [update for update in rest if self._lock_file(update) is None]
        await self._settled(rest, self._added)
        for file, content in self.contents.items():
            self.paths.write(file, content, before=self.originals[file])
        return tuple(self._told(update) for update in updates)

    async def _settled(self, updates: Sequence[Update], trying: Trying) -> list[Update]:
        """Take what can be taken and return the rest. What was taken may open the way for what was not, so again."""
        left = list(updates)
        while left:
            rest = await self._taken(self._together(left, trying), trying)
            if len(rest) == len(left):
                break
            left = rest
        return left

    def _together(self, updates: Iterable[Update], trying: Trying) -> list[list[Update]]:
        """Group updates that one and the same edit serves: a file that environments share changes for all at once."""
        found: dict[object, list[Update]] = {}
        for update in updates:
            one = trying(update)
            found.setdefault((one.file, one.edit) if one is not None else update, []).append(update)
        return list(found.values())

    async def _taken(self, groups: list[list[Update]], trying: Trying) -> list[Update]:
        """Take groups as a whole if that is right, else by halves; return the updates that were not taken."""
        wanted = [update for group in groups for update in group]
        tries = [one for update in wanted if (one := trying(update)) is not None]
        if not wanted or (len(tries) == len(wanted) and await self._is_right(tries)):
            return []
        if len(groups) == 1:
            return wanted
        half = len(groups) // 2
        return [*await self._taken(groups[:half], trying), *await self._taken(groups[half:], trying)]

    def _in_place(self, update: Update) -> _Try | None:
        lock_file = self._lock_file(update)
        if lock_file is not None:
            return self._tried(update, lock_file, in_lock_file)
        is_chart = update.standing.layer is Layer.CHART
        file = standing_file(update, self.targets[update.release])
        if file is None or (is_chart and not self.patching.charts):
            return None
        return self._tried(update, file, in_place)

    def _added(self, update: Update) -> _Try | None:
        return self._tried(update, self.targets[update.release].release.place.file, as_release_value, _ADDED)

    def _tried(self, update: Update, file: str, way: Way, note: str = "") -> _Try | None:
        text = self._text(file)
        if file not in self.spans:
            self.spans[file] = read_spans(text)
        edit = way(text, self.spans[file], update, self.targets[update.release])
        return None if edit is None else _Try(update, file, edit, note)

    async def _is_right(self, tries: Sequence[_Try]) -> bool:
        """Take edits if they change what they should and nothing else, for whatever is declared anywhere."""
        try:
            contents = self.contents | self._changed(tries)
            loaded = self.patching.load(contents)
            after = await self._snapshot(loaded, Paths(self.paths.root, contents))
        except (FairleadError, ValueError):
            return False
        before = self.before
        keys = {*before, *after}
        changed = {key: after.get(key) for key in keys if before.get(key, _ABSENT) != after.get(key, _ABSENT)}
        if changed != {(one.update.release, _path(one.update)): one.update.text for one in tries}:
            return False
        self.before, self.loaded, self.contents, self.spans = after, loaded, contents, {}
        self.targets = {target.key: target for target in _targets(loaded)}
        self.made |= {one.update: one for one in tries}
        return True

    def _changed(self, tries: Iterable[_Try]) -> dict[str, bytes]:
        edits: dict[str, list[Edit]] = {}
        for one in tries:
            edits.setdefault(one.file, []).append(one.edit)
        return {file: self._bytes(file, edited(self._text(file), several)) for file, several in edits.items()}

    def _text(self, file: str) -> str:
        content = self.contents[file] if file in self.contents else self._original(file)
        return content.decode("utf-8-sig")

    def _bytes(self, file: str, text: str) -> bytes:
        mark = b"\xef\xbb\xbf"
        return (mark if self._original(file).startswith(mark) else b"") + text.encode()

    def _original(self, file: str) -> bytes:
        if file not in self.originals:
            is_new = file in self._lock_files() and not self.paths.has(file)
            self.originals[file] = None if is_new else self.paths.read(file)
        content = self.originals[file]
        return HEADER.encode() if content is None else content

    def _lock_file(self, update: Update) -> str | None:
        """Return the file that keeps what is chosen for a value, None where that is written where it is declared."""
        return self.targets[update.release].release.lock_file if is_value(update.standing) else None

    def _lock_files(self) -> set[str | None]:
        return {target.release.lock_file for target in self.targets.values()}

    async def _snapshot(self, loaded: Loaded, paths: Paths) -> dict[tuple[ReleaseKey, str], Any]:
        """Return every value of every release, and the versions of charts."""
        files, found = ValuesFiles(paths), {}
        for target in _targets(loaded):
            source = target.release.source
            if isinstance(source, ChartReference | ChartOci):
                found[target.key, _CHART_VERSION] = source.version
            if isinstance(source, App):
                tree = tree_of_app(source.descriptor, target.release.place.file)
                found |= {(target.key, path): value for path, value in _flat(tree, ())}
            if isinstance(source, Chart):
                values: Tree = (await effective_values(loaded.declaration, target, files, Sources())).tree
                if self.patching.charts and isinstance(source, ChartDir):
                    values = merge(files.tree(f"{source.path}/values.yaml", Layer.CHART), values)
                found |= {(target.key, path): value for path, value in _flat(values, ())}
        return found

    def _told(self, update: Update) -> Patched:
        made = self.made.get(update)
        if made is None:
            return Patched(update, changed=False, note=f"{_SHARED}{_APART}" if is_value(update.standing) else _SHARED)
        standing = replace(update.standing, layer=Layer.VALUES) if made.note else update.standing
        way = in_place if self._lock_file(update) is None else in_lock_file
        found = self._tried(replace(update, standing=standing), made.file, way)
        line = None if found is None else self._text(made.file).count("\n", 0, found.edit.start) + 1
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
