"""Which files of a chart directory Helm leaves out: the rules of `.helmignore`.

Helm's rules (`pkg/ignore`) look like Git's and are not: the first rule that decides wins, `!rule` leaves out everything
that does not match it, `*` never crosses a `/`, and there is no `**`. Dot files right below `templates/` always go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.domain.errors import InputError, Problem

FILE = ".helmignore"


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    negated: bool
    folders_only: bool
    whole_path: bool

    def matches(self, path: str) -> bool:
        return self.pattern.fullmatch(path if self.whole_path else path.rpartition("/")[2]) is not None


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules of one chart."""

    rules: tuple[_Rule, ...]

    def leaves_out(self, path: str, *, folder: bool) -> bool:
        """Tell whether a path relative to the chart is left out; a folder goes with all it holds."""
        for rule in self.rules:
            if rule.negated:
                if (rule.folders_only and not folder) or not rule.matches(path):
                    return True
            elif (folder or not rule.folders_only) and rule.matches(path):
                return True
        return False


def read_rules(text: str, *, file: str = FILE) -> IgnoreRules:
    """Read the text of a `.helmignore`.

    Raises:
        InputError: `chartInvalid`; a rule that Helm refuses as well.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    return IgnoreRules(tuple(_rules([*lines, "templates/.?*"], file)))


def _rules(lines: Iterable[str], file: str) -> Iterable[_Rule]:
    for number, line in enumerate(lines, start=1):
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        if "**" in rule:
            raise _bad_rule(rule, file, line=number, reason="`**` is not supported by Helm")
        negated = rule.startswith("!")
        path = rule.removeprefix("!")
        pattern = _compiled(path.removesuffix("/").removeprefix("/"))
        if pattern is None:
            raise _bad_rule(rule, file, line=number, reason="its brackets or backslashes do not match up")
        yield _Rule(pattern, negated, path.endswith("/"), "/" in path.removesuffix("/"))


def _compiled(glob: str) -> re.Pattern[str] | None:
    """Translate a pattern of Go's `filepath.Match`; None when it is malformed."""
    out: list[str] = []
    at = 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "[":
            found = _CLASS.match(glob, at)
            if found is None:
                return None
            out.append(f"[{found[1]}{_escaped_class(found[2])}]")
            at = found.end()
        elif char == "\\":
            if at == len(glob):
                return None
            out.append(re.escape(glob[at]))
            at += 1
        else:
            out.append(re.escape(char))
    try:
        return re.compile("".join(out), re.DOTALL)
    except re.error:  # a range that runs backwards
        return None


_CLASS = re.compile(r"(\^|(?!\^))((?:\\.|[^\\\]])+)\]", re.DOTALL)


def _escaped_class(members: str) -> str:
    return re.sub(r"[\[&~|^]", r"\\\g<0>", members)


def _bad_rule(rule: str, file: str, *, line: int, reason: str) -> InputError:
    return InputError(
        Problem(
            code="chartInvalid",
            message=f"the rule {rule!r} cannot be used: {reason}",
            file=file,
            line=line,
            remedy="write patterns with `*`, `?` and `[...]`, one per line",
        )
    )
