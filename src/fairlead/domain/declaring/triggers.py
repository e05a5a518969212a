"""From what was found to what a release wants of new versions."""

from __future__ import annotations

from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord
from fairlead.domain.declaring.quoting import quoted
from fairlead.domain.upgrades.policy import Policy
from fairlead.domain.upgrades.triggers import ChartTrigger, ImageTrigger, Trigger
from fairlead.domain.upgrades.wishes import BadWish, Wish, make_policy
from fairlead.domain.valuepaths import BadValuePath, parse_path


def read_triggers(found: FoundRecord, findings: Findings) -> tuple[Trigger, ...]:
    """Return a release's triggers, each once; `trigger` is one more item of `triggers`."""
    items = [*found.records("triggers")]
    if (single := found.record("trigger")) is not None:
        items.append(single)
    triggers: dict[str, Trigger] = {}
    for item in items:
        trigger = _trigger(item, findings) if item.sound else None
        if trigger is None:
            continue
        changed = trigger.tag_value if isinstance(trigger, ImageTrigger) else "chart.version"
        if triggers.setdefault(changed, trigger) != trigger:
            message = f"two triggers want to change {quoted(changed)}"
            findings.error(item.place, "doubledTrigger", message, "keep one of them, or give them a `tagValue` each")
    return tuple(triggers.values())


def _trigger(item: FoundRecord, findings: Findings) -> Trigger | None:
    if (chart := item.record("chart")) is not None:
        policy = _policy(chart, findings)
        return None if policy is None else ChartTrigger(policy, chart.text("group"))
    image = item.record("image")
    assert image is not None
    default = ImageTrigger()
    policy = _policy(image, findings)
    paths = (image.text("repoValue"), image.text("tagValue"), image.text("repoPrefixValue"))
    if not _sound_paths(image, findings) or policy is None:
        return None
    return ImageTrigger(
        policy,
        paths[0] or default.repo_value,
        paths[1] or default.tag_value,
        paths[2] or default.repo_prefix_value,
        pins_digest=image.text("digest") is not None,
        platform=image.text("platform"),
        group=image.text("group"),
    )


def _policy(found: FoundRecord, findings: Findings) -> Policy | None:
    wish = Wish(
        track=found.text("track"),
        range=found.text("range"),
        match=found.text("match"),
        extract=found.text("extract"),
        order=found.text("order"),
        prerelease=found.flag("prerelease"),
        date_tags=found.flag("dateTags"),
        min_age=found.text("minAge"),
        pins_digest=found.text("digest") is not None,
    )
    try:
        return make_policy(wish)
    except BadWish as bad:
        for fault in bad.faults:
            findings.error(found.at(fault.key), fault.code, fault.message, fault.remedy)
        return None


def _sound_paths(image: FoundRecord, findings: Findings) -> bool:
    sound, remedy = True, r"write names joined by dots; \. is a dot in a name"
    for key in ("repoValue", "tagValue", "repoPrefixValue"):
        try:
            parse_path(image.text(key) or "default")
        except BadValuePath as error:
            findings.error(image.at(key), "invalidValueKey", f"found no path of a value: {error}", remedy)
            sound = False
    return sound
