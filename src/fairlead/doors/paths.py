"""The one path resolver: what a declared path means, and that it stays inside the repository.

A path in a declared file is relative to a directory that the caller knows. It may not be a URL, leave the repository
by `..`, by being absolute or through a link; errors name what was written or the link, never what lies behind it.
All results are relative to the repository root, with links resolved and `/` between the parts.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from fairlead.domain.errors import InputError, Problem

MANIFEST_SUFFIXES = (".yaml", ".yml", ".json")
MAX_FILE_BYTES = 32 << 20
MAX_EXPANDED = 10_000

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_GLOB = re.compile(r"[*?\[]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def find_root(environments_file: Path) -> Path:
    """Return the repository root: the nearest ancestor of the file that holds `.git`, else the file's directory.

    A file that is a link counts where the link is, not where it leads: a repository cannot name another root.
    """
    directory = Path(os.path.realpath(environments_file.parent))
    return next((above for above in (directory, *directory.parents) if (above / ".git").exists()), directory)


@dataclass(frozen=True, slots=True)
class Paths:
    """Resolves and reads paths inside one repository. `root` is absolute and free of links.

    `overlay` are contents that files shall have, by their resolved paths: reading gives them instead.
    """

    root: Path
    overlay: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, environments_file: Path, *, root: Path | None = None) -> Paths:
        """Return the resolver of the repository that the file lies in, or of `root`.

        Raises:
            InputError: the file does not lie in `root`.
        """
        if root is None:
            return cls(find_root(environments_file))
        paths = cls(Path(os.path.realpath(root)))
        paths.relative(environments_file)
        return paths

    def relative(self, path: Path) -> str:
        """Return a path of this machine relative to the root.

        Raises:
            InputError: it lies elsewhere, or is a link that leads elsewhere.
        """
        named = Path(os.path.realpath(path.parent)) / path.name
        if not named.is_relative_to(self.root):
            raise _refused(f"{str(path)!r} lies outside the repository root", "give a --root that holds it")
        return self._inside(named, path.name).relative_to(self.root).as_posix()

    def resolve(self, directory: str, text: str) -> str:
        """Return the path that `text` means in a file of `directory` (relative to the root); it need not exist.

        Raises:
            InputError: it is no path, or leaves the repository.
        """
        return self._inside(self._joined(directory, text), text).relative_to(self.root).as_posix()

    def file(self, directory: str, text: str) -> str:
        """Resolve a path that must be a file.

        Raises:
            InputError: as `resolve`, or there is no such file.
        """
        found = self.resolve(directory, text)
        if not (self.root / found).is_file():
            raise self._missing("file", found)
        return found

    def directory(self, directory: str, text: str) -> str:
        """Resolve a path that must be a directory.

        Raises:
            InputError: as `resolve`, or there is no such directory.
        """
        found = self.resolve(directory, text)
        if not (self.root / found).is_dir():
            raise self._missing("directory", found)
        return found

    def manifests(self, directory: str, text: str) -> tuple[str, ...]:
        """Resolve a manifest file, a directory of them, or a glob (`**` for any depth) into files, sorted.

        Directories and globs take only `.yaml`, `.yml` and `.json` and skip hidden names.

        Raises:
            InputError: as `resolve`, or nothing is there.
        """
        if _GLOB.search(text):
            files = self._globbed(directory, text)
        else:
            found = self.root / self.resolve(directory, text)
            if not found.is_dir():
                return (self.file(directory, text),)
            files = [path for path in found.iterdir() if _is_manifest(path.name) and path.is_file()]
        if not files:
            raise InputError(
                Problem(
                    "noFilesMatch",
                    f"found no manifest at {text!r}",
                    remedy=f"directories and globs take files ending in {', '.join(MANIFEST_SUFFIXES)}",
                )
            )
        return tuple(sorted({self._inside(path, text).relative_to(self.root).as_posix() for path in files}))

    def has(self, path: str) -> bool:
        """Tell whether there is something at a path given relative to the root, or shall be."""
        return path in self.overlay or os.path.lexists(self.root / path)

    def read(self, path: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
        """Return the content of a file given relative to the root; it is resolved again, since it may have changed.

        Raises:
            InputError: it left the repository meanwhile, is no ordinary file, is unreadable or too large.
        """
        real = self._inside(self.root / path, path)
        overlaid = self.overlay.get(real.relative_to(self.root).as_posix()) if self.overlay else None
        if overlaid is not None:
            return overlaid
        try:
            with os.fdopen(os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise self._missing("file", path)
                content = file.read(limit + 1)
        except FileNotFoundError:
            raise self._missing("file", path) from None
        except OSError as error:
            message = f"cannot read the file: {error.strerror}"
            raise InputError(
                Problem("unreadableFile", message, path, remedy="check its type and permissions")
            ) from None
        if len(content) > limit:
            message = f"the file is larger than {limit >> 20} MiB"
            raise InputError(Problem("fileTooLarge", message, path, remedy="split the file"))
        return content

    def write(self, path: str, content: bytes, *, before: bytes | None) -> None:
        """Give a file another content, whole or not at all; its mode stays, and so do links to it.

        `before` None makes a new file.

        Raises:
            InputError: it is not what it was `before` any more, or cannot be written.
        """
        here = replace(self, overlay={})
        if (here.read(path) if here.has(path) else None) != before:
            message = "the file was changed by somebody else meanwhile"
            raise InputError(Problem("changedMeanwhile", message, path, remedy="look at it, then run it again"))
        real = self._inside(self.root / path, path)
        temporary = real.with_name(f".{real.name}.{secrets.token_hex(8)}")
        mode = 0o600 if before is not None else 0o666  # as any new file, less what the umask takes
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                if before is not None:
                    os.fchmod(file.fileno(), stat.S_IMODE(real.stat().st_mode))
                os.fsync(file.fileno())
            temporary.replace(real)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            message = f"cannot write the file: {error.strerror}"
            raise InputError(Problem("unwritableFile", message, path, remedy="check its permissions")) from None

    def _joined(self, directory: str, text: str) -> Path:
        if not text.strip() or _CONTROL.search(text):
            raise _refused(f"found {text!r}, expected a path", "write the name of a file or directory")
        if _SCHEME.match(text):
            remedy = "write a path inside the repository (start it with ./ if the name really holds a colon)"
            raise _refused(f"found {text!r}, a URL where a path belongs", remedy)
        return self.root / directory / text

    def _inside(self, path: Path, text: str) -> Path:
        # realpath follows `..` and links in the order in which the system would.
        try:
            real = Path(os.path.realpath(path))
        except (OSError, ValueError):
            raise _refused(f"found {text!r}, expected a path", "write a shorter, ordinary path") from None
        if real.is_relative_to(self.root):
            return real
        link = self._leaving_link(path)
        if link is not None:
            raise InputError(
                Problem(
                    "linkOutside",
                    f"{link} is a link that leads out of the repository",
                    remedy="replace the link by the file itself",
                )
            )
        raise _refused(f"{text!r} lies outside the repository", "move the file into the repository")

    def _leaving_link(self, path: Path) -> str | None:
        inside = [part for part in (*reversed(path.parents), path) if part.is_relative_to(self.root)]
        for part in inside:
            lexical = Path(os.path.normpath(part))
            if not lexical.is_relative_to(self.root):
                return None
            if part.is_symlink() and not Path(os.path.realpath(part)).is_relative_to(self.root):
                return lexical.relative_to(self.root).as_posix()
        return None

    def _globbed(self, directory: str, text: str) -> list[Path]:
        start = self._joined(directory, text)
        own = len(self.root.parts) if start.is_relative_to(self.root) else 0  # the root's name may look like a glob
        fixed = next(n for n, part in enumerate(start.parts) if n >= own and _GLOB.search(part))
        base, patterns = self._inside(Path(*start.parts[:fixed]), text), start.parts[fixed:]
        if ".." in patterns:
            raise _refused(f"found {text!r}, which goes up again after a wildcard", "write `..` before any wildcard")
        found: list[Path] = []
        for path in self._matching(base, patterns, text):
            found.append(path)
            if len(found) > MAX_EXPANDED:
                message = f"{text!r} matches more than {MAX_EXPANDED} files"
                raise InputError(Problem("tooManyFiles", message, remedy="name a smaller directory"))
        return found

    def _matching(self, base: Path, patterns: tuple[str, ...], text: str) -> Iterator[Path]:
        """Yield the manifests below `base` that match; `**` does not follow links to directories."""
        pattern, *rest = patterns
        entries = [entry for entry in _entries(base) if not entry.name.startswith(".")]
        if pattern == "**":
            yield from self._matching(base, tuple(rest or ["*"]), text)
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from self._matching(Path(entry), patterns, text)
            return
        for entry in entries:
            if not fnmatchcase(entry.name, pattern):
                continue
            if rest and entry.is_dir():
                yield from self._matching(self._inside(Path(entry), text), tuple(rest), text)
            elif not rest and _is_manifest(entry.name) and entry.is_file():
                yield Path(entry)

    @staticmethod
    def _missing(what: str, path: str) -> InputError:
        message = f"there is no {what} {path!r}"
        return InputError(Problem("missingFile", message, remedy=f"create the {what} or correct the path"))


def _is_manifest(name: str) -> bool:
    return name.endswith(MANIFEST_SUFFIXES) and not name.startswith(".")


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _refused(message: str, remedy: str) -> InputError:
    return InputError(Problem("pathRefused", message, remedy=remedy))
