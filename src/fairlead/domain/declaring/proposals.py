"""From what was found below `updates` to the model."""

from __future__ import annotations

from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord
from fairlead.domain.upgrades.proposals import Author, ForgeChoice, GitHubApp, Proposals, Signing


def read_proposals(found: FoundRecord | None, findings: Findings) -> Proposals:
    """Return what is declared; the usual way when nothing is."""
    if found is None:
        return Proposals()
    token, app = found.record("tokenFrom"), found.record("app")
    if token is not None and app is not None:
        message = "found both tokenFrom and app"
        findings.error(found.at("app"), "exclusiveKeys", message, "keep the one that pull requests are opened with")
    if found.flag("direct") and found.flag("autoMerge"):
        message = "found direct and autoMerge; without pull requests there is nothing to merge"
        findings.error(found.at("autoMerge"), "exclusiveKeys", message, "remove one of them")
    return Proposals(
        base=found.text("base"),
        forge=_forge(found.record("forge")),
        token_variable=token.text("env") if token is not None else None,
        app=_app(app),
        author=_author(found.record("author")),
        direct=found.flag("direct"),
        auto_merge=found.flag("autoMerge"),
    )


def _forge(found: FoundRecord | None) -> ForgeChoice:
    if found is None:
        return ForgeChoice()
    return ForgeChoice(found.text("kind"), found.text("api"), found.text("repository"))


def _app(found: FoundRecord | None) -> GitHubApp | None:
    if found is None:
        return None
    key = found.record("keyFrom")
    texts = (found.text("id"), found.text("installation"), key.text("env") if key is not None else None)
    return GitHubApp(*(text or "" for text in texts))


def _author(found: FoundRecord | None) -> Author:
    if found is None:
        return Author()
    sign = found.record("sign")
    signing = Signing(sign.text("format") or "", sign.text("key") or "") if sign is not None else None
    return Author(found.text("name") or "", found.text("email") or "", signing)
