"""Kubeconfig files as kubectl understands them: shape, merging, and who may be trusted with what.

Pure: documents come in parsed, file contents stay with the caller. What odd input does, beside kubectl:

    input                                   kubectl                      here
    --------------------------------------  ---------------------------  ------------------------------------
    file of a path list is missing          ignored                      ignored (the reader leaves it out)
    empty file, or `null`                   an empty configuration       the same
    not a mapping, or a `kind` not Config   error                        error, all of a file at once
    number or boolean where text belongs    error                        error
    the same name twice in one file         error                        error
    the same name in two files              first file wins, per entry   the same
    current-context in two files            first non-empty wins         the same
    relative file or program path           from the file's directory    the same
    context that does not exist             error                        error, naming those that do
    no current context                      http://localhost:8080        error: never guess a cluster
    context naming an unknown cluster       http://localhost:8080        error: never guess a cluster
    context naming an unknown or no user    asks for a user name         unknown: error; none: no credentials
    server without a scheme                 http or https, by its TLS    error: it must be a URL
    CA together with insecure-skip-...      error                        error
    certificate and token for one user      sends both                   the certificate: servers look at it first
    token and tokenFile                     the file wins once it reads  the same
    token and user name                     error                        error
    token and credential program            the program is not run       the same
    impersonation (`as`, `as-groups`, ...)  sent                         error: rights must not widen silently
    auth-provider                           removed, or deprecated       error naming the credential program
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fairlead.domain.errors import InputError, Problem


class Trust(StrEnum):
    """Whose kubeconfig it is.

    OPERATOR: the person at the machine chose it, and may let it run programs and read files.
    FOREIGN: it came with a repository or over the API, and is data only (CVE-2022-24817 shows why).
    """

    OPERATOR = "operator"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class KubeconfigDocument:
    """One file as read. `file` is absolute, `content` what its YAML says."""

    file: str
    content: object


@dataclass(frozen=True, slots=True)
class Entry:
    """One named cluster, user or context. `path` is its place in `file`."""

    name: str
    file: str
    path: str
    fields: Mapping[str, Any] = field(repr=False)

    def text(self, key: str) -> str:
        """Return a text field, empty when absent; `InputError` when it is something else."""
        value = self.fields.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise InputError(self.problem(f"{key} is {_kind(value)}, expected text", key, remedy="put it in quotes"))
        return value

    def flag(self, key: str) -> bool:
        """Return a boolean field, false when absent; `InputError` when it is something else."""
        value = self.fields.get(key)
        if value is not None and not isinstance(value, bool):
            raise InputError(self.problem(f"{key} is {_kind(value)}, expected true or false", key))
        return bool(value)

    def resolved(self, key: str) -> str:
        """Return a path field, relative ones from the directory of the file that holds them."""
        return resolve_path(self.text(key), self.file)

    def problem(
        self, message: str, key: str = "", *, code: str = "kubeconfigInvalid", remedy: str | None = None
    ) -> Problem:
        """Return a problem located at this entry, or at one of its fields."""
        path = f"{self.path}.{key}" if key else self.path
        return Problem(code=code, message=f"{self.name}: {message}", file=self.file, path=path, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """Several files as one. `files` are those that were read, in order of precedence."""

    files: tuple[str, ...] = ()
    clusters: Mapping[str, Entry] = field(default_factory=dict)
    users: Mapping[str, Entry] = field(default_factory=dict)
    contexts: Mapping[str, Entry] = field(default_factory=dict)
    current_context: str = ""


def merge(documents: Iterable[KubeconfigDocument]) -> Kubeconfig:
    """Merge files as kubectl does: the first to name something wins.

    Raises:
        InputError: files that have not the shape of a kubeconfig; every such mistake at once.
    """
    ordered = tuple(documents)
    problems: list[Problem] = []
    contents = [_mapping(document, problems) for document in ordered]
    paired = list(zip(ordered, contents, strict=True))
    clusters = _merge_section(paired, "clusters", singular="cluster", problems=problems)
    users = _merge_section(paired, "users", singular="user", problems=problems)
    contexts = _merge_section(paired, "contexts", singular="context", problems=problems)
    current = next((found for content in contents if (found := content.get("current-context"))), "")
    if problems:
        raise InputError(problems)
    files = tuple(document.file for document in ordered)
    return Kubeconfig(files, clusters, users, contexts, str(current))


def resolve_path(path: str, file: str) -> str:
    """Return `path` as seen from the directory of `file`; empty stays empty."""
    if not path or path.startswith("/"):
        return path
    directory = file.rpartition("/")[0]
    return f"{directory}/{path}"


def _mapping(document: KubeconfigDocument, problems: list[Problem]) -> Mapping[str, Any]:
    content = document.content
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        problems.append(_misshapen(document, f"the file is {_kind(content)}, expected a mapping"))
        return {}
    kind = content.get("kind") or "Config"
    if kind != "Config":
        problems.append(_misshapen(document, f"kind is {kind!r}, expected 'Config'", "kind"))
        return {}
    return content


def _merge_section(
    documents: list[tuple[KubeconfigDocument, Mapping[str, Any]]],
    plural: str,
    *,
    singular: str,
    problems: list[Problem],
) -> Mapping[str, Entry]:
    merged: dict[str, Entry] = {}
    for document, content in documents:
        seen: set[str] = set()
        for entry in _entries(document, content.get(plural), plural=plural, singular=singular, problems=problems):
            if entry.name in seen:
                problems.append(entry.problem(f"the name stands twice in {plural}"))
            seen.add(entry.name)
            merged.setdefault(entry.name, entry)
    return merged


def _entries(
    document: KubeconfigDocument, section: object, *, plural: str, singular: str, problems: list[Problem]
) -> Iterator[Entry]:
    if section is None:
        return
    if not isinstance(section, list):
        problems.append(_misshapen(document, f"{plural} is {_kind(section)}, expected a list", plural))
        return
    for index, item in enumerate(section):
        path = f"{plural}[{index}]"
        fields = item.get(singular) if isinstance(item, Mapping) else None
        name = item.get("name") if isinstance(item, Mapping) else None
        if not isinstance(name, str) or not isinstance(fields, Mapping | None):
            problems.append(_misshapen(document, f"{path} is not of the form {{name: ..., {singular}: ...}}", path))
            continue
        yield Entry(name, document.file, f"{path}.{singular}", fields or {})


def _misshapen(document: KubeconfigDocument, message: str, path: str | None = None) -> Problem:
    remedy = "compare it with the output of `kubectl config view`"
    return Problem(code="kubeconfigInvalid", message=message, file=document.file, path=path, remedy=remedy)


def _kind(value: object) -> str:
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return f"a {type(value).__name__}"
