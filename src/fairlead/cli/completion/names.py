"""Names of clusters, environments and releases from the declared files, for the Tab key.

Reads as little as it can and says nothing: a file that is broken, absent or half written yields what it still holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.domain.errors import FairleadError
from fairlead.domain.resolving import to_object
from fairlead.doors.yaml import read_document


@dataclass(frozen=True, slots=True)
class Names:
    """The declared names, as far as they can be read."""

    file: Path

    def clusters(self) -> list[str]:
        """Return the names of clusters."""
        return _names(_entries(_content(self.file), "clusters"))

    def environments(self) -> list[str]:
        """Return the names of environments."""
        return _names(_entries(_content(self.file), "environments"))

    def releases(self, environment: str | None) -> list[str]:
        """Return the names of an environment's releases, of all environments when None."""
        return _names(self._releases(environment))

    def apps(self, environment: str | None) -> list[str]:
        """Return the names of those among them that are apps."""
        return _names(one for one in self._releases(environment) if "app" in one)

    def _releases(self, environment: str | None) -> Iterator[dict[str, Any]]:
        for entry in _entries(_content(self.file), "environments"):
            if environment in (None, entry.get("name")):
                yield from self._releases_of(entry)

    def _releases_of(self, environment: dict[str, Any]) -> Iterator[dict[str, Any]]:
        inline = environment.get("releases")
        files = [entry for entry in _list(inline) if isinstance(entry, str)]
        yield from _entries(environment, "releases")
        for name in [*files, *_list(environment.get("releasesFiles"))]:
            yield from _entries(_content(self.file.parent / str(name)), "releases")


def _content(file: Path) -> Any:
    try:
        node = read_document(file.read_bytes(), str(file)).root
        return None if node is None else to_object(node, str(file))
    except (OSError, FairleadError):
        return None


def _entries(content: Any, key: str) -> list[dict[str, Any]]:
    found = content.get(key) if isinstance(content, dict) else None
    return [entry for entry in _list(found) if isinstance(entry, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(entries: Iterable[dict[str, Any]]) -> list[str]:
    """Return the names of entries, each once."""
    return list(dict.fromkeys(entry["name"] for entry in entries if isinstance(entry.get("name"), str)))
