"""A plan for people: per release, per object, per field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.text import Text

from fairlead.cli.text.fields import fields_lines
from fairlead.cli.text.layout import columns, hanging, plural
from fairlead.cli.wire.deploying import AppItem, ChangeItem, ObjectItem, Plan, ReleasePlanItem, Summary
from fairlead.domain.joining import joined

_MARK = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "delete": ("-", "red"),
    "recreate": ("!", "bold red"),
    "keep": ("=", "dim"),
    "skip": (".", "dim"),
}
_QUIET = ("keep", "skip")
_DONE = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "recreate": "recreated",
    "skip": "skipped",
    "keep": "unchanged",
}
_APPS = {
    "unchanged": "version {version} is live",
    "inPlace": "version {version} is changed in place{beside}",
    "newVersion": "new version {version}{beside}, {how}",
    "underWay": "version {version} is under way{beside}, {how}",
    "back": "back to version {version}{beside}",
    "removed": "the app is removed with all its versions{beside}",
}
_SETTLED = ("unchanged", "underWay")
_PROMOTIONS = {
    "automatic": "goes live by itself",
    "timer": "goes live after a time",
    "person": "waits for a promote before it goes live",
}
_UNVERIFIED: dict[str | None, str] = {
    "forbidden": "not verified: you may not dry-run it",
    "adoption": "not verified: it is taken over first",
}


def plan_lines(plan: Plan, width: int | None, *, verbose: int = 0) -> Iterator[Text]:
    """Return the lines of a plan. What stays as it is only shows in full when `verbose`."""
    for (environment, cluster), group in groupby(plan.releases, key=lambda item: (item.environment, item.cluster)):
        releases = list(group)
        common = Counter(release.namespace for release in releases).most_common(1)[0][0]
        yield Text.assemble((f"{environment}", "bold"), (f"  namespace {common}, cluster {cluster}", "dim"))
        for release in releases:
            title = Text.assemble("  ", (release.name, "bold"))
            if release.namespace != common:
                title.append(f"  namespace {release.namespace}", "dim")
            yield from _release(release, title, width, verbose=verbose)
        yield Text()
    for unanswered in plan.unanswered:
        where = Text.assemble((f"{unanswered.environment}", "bold"), (f"  cluster {unanswered.cluster}  ", "dim"))
        yield from hanging(where, Text(unanswered.message, "bold red"), width=width)
    if plan.undeclared:
        names = ", ".join(f"{one.environment}/{one.release}" for one in plan.undeclared)
        about = Text(f"In the cluster, but declared no more: {names}. --prune-releases removes them.", "yellow")
        yield from hanging(Text(), about, width=width)
    yield _conclusion(plan)


def tally(summary: Summary, words: dict[str, str]) -> str:
    """Return `1 created, 2 updated`, or an empty string; actions without a word are left out."""
    counts = ((getattr(summary, action), word) for action, word in words.items())
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def written(summary: Summary) -> str:
    """Return what a deployment did, as `1 created, 2 updated`; a dash when it wrote nothing."""
    return tally(summary, {action: word for action, word in _DONE.items() if action not in _QUIET}) or "-"


def wished(summary: Summary) -> str:
    """Return what a deployment only asked for, as `1 to create, 2 to update`."""
    return tally(summary, {action: f"to {action}" for action in _DONE if action not in _QUIET}) or "-"


def object_name(item: ObjectItem, namespace: str | None) -> str:
    """Return kind and name, with the namespace only where it is not the release's own."""
    foreign = item.namespace and item.namespace != namespace
    return f"{item.kind} {item.namespace}/{item.name}" if foreign else f"{item.kind} {item.name}"


def _release(release: ReleasePlanItem, title: Text, width: int | None, *, verbose: int) -> Iterator[Text]:
    loud = [change for change in release.changes if verbose or change.action not in _QUIET or change.problem]
    quiet = len(release.changes) - len(loud)
    if release.app is not None:
        title.append(f"  {_app(release.app)}")
    settled = release.app is None or release.app.verdict in _SETTLED
    if not loud and not release.hooks and settled:
        title.append(f"  unchanged, {plural(quiet, 'object')}", "dim")
    yield title
    for change in loud:
        yield from _change(change, release.namespace, width, verbose=verbose)
    for hook in release.hooks:
        about = Text.assemble(object_name(hook.object, release.namespace), (f"  {', '.join(hook.events)}", "dim"))
        yield from hanging(Text.assemble("    ", ("> ", "cyan"), "run       "), about, width=width)
    for note in release.notes:
        yield from hanging(Text("    "), Text(note, "yellow"), width=width)
    if loud and quiet:
        yield Text(f"    = keep      {plural(quiet, 'object')}", "dim")


def _app(app: AppItem) -> str:
    """Return in words what becomes of an app, and who lets it go live."""
    beside = f", live is {app.live}" if app.live is not None else ""
    return _APPS[app.verdict].format(version=app.version, beside=beside, how=_PROMOTIONS[app.promotion])


def _change(change: ChangeItem, namespace: str | None, width: int | None, *, verbose: int) -> Iterator[Text]:
    mark, style = _MARK[change.action]
    about = Text(object_name(change.object, namespace), "" if change.action not in _QUIET else "dim")
    if remarks := _remarks(change):
        about.append(f"  {joined(remarks)}", "dim")
    yield from hanging(Text.assemble("    ", (f"{mark} {change.action:<10}", style)), about, width=width)
    if change.problem:
        word = ("missing ", "yellow") if change.unverified_reason == "crdNotYet" else ("refused ", "bold red")
        yield from hanging(Text.assemble(" " * 8, word), Text(change.problem), width=width)
    if change.action != "create" or change.fields:
        yield from fields_lines(change.fields, indent=8, width=width)
    rows = [(left.path, f"left alone: {left.reason}") for left in change.left_alone]
    rows += [(one.path, f"not declared, set by {one.owner}") for one in change.undeclared if verbose]
    for line in columns(rows, indent=8, width=width):
        line.stylize("dim")
        yield line


def _remarks(change: ChangeItem) -> Sequence[str]:
    remarks = [change.reason] if change.reason else []
    if change.generated:
        remarks.append(f"generated anew each time: {', '.join(change.generated)}".removesuffix(": "))
    # A create has nothing to compare with; that nobody verified it goes without saying.
    if not change.verified and not change.problem and change.action != "create":
        remarks.append(_UNVERIFIED.get(change.unverified_reason, f"not verified: {change.unverified_reason}"))
    return remarks


def _conclusion(plan: Plan) -> Text:
    total = sum(getattr(plan.summary, action) for action in _MARK)
    changes = tally(plan.summary, {action: f"to {action}" for action in _MARK if action not in _QUIET})
    if not changes and (runs := sum(len(release.hooks) for release in plan.releases)):
        return Text.assemble(("Plan: ", "bold"), f"{plural(runs, 'hook')} to run", (f", {total} unchanged", "dim"), ".")
    if not changes and (apps := sum(one.app is not None and one.app.verdict not in _SETTLED for one in plan.releases)):
        about = f"{plural(apps, 'app')} to change"
        return Text.assemble(("Plan: ", "bold"), about, (f", {total} unchanged", "dim"), ".")
    if not changes:
        return Text(f"No changes: {plural(total, 'object')} as declared." if total else "Nothing is declared here.")
    rest = tally(plan.summary, {"keep": "unchanged", "skip": "skipped"})
    problems = [change for release in plan.releases for change in release.changes if change.problem]
    refused = sum(change.unverified_reason != "crdNotYet" for change in problems)
    line = Text.assemble(("Plan: ", "bold"), changes, (f", {rest}" if rest else "", "dim"), ".")
    return line.append(f" The server refuses {refused} of them.", "bold red") if refused else line
