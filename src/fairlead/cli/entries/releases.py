"""Commands that deploy what is declared, and look at what became of it."""

from __future__ import annotations

from fairlead.cli.entries.entry import DEPLOY, Entry, Example

RELEASES = (
    Entry(
        "plan",
        DEPLOY,
        "Show what apply would do; write nothing.",
        (
            Example("fairlead plan test", "every change in the environment test"),
            Example("fairlead plan test -r web,api", "only two of its releases"),
            Example("fairlead plan --all --detailed-exitcode", "for CI: exit 3 when anything would change"),
            Example("fairlead plan test --save plan.json", "for approval: apply --plan plan.json applies just that"),
        ),
        alias="diff",
    ),
    Entry(
        "apply",
        DEPLOY,
        "Plan, apply exactly that plan, wait until it is healthy.",
        (
            Example("fairlead apply test", "deploy everything in test"),
            Example("fairlead apply prod -r web --yes", "one release, also when the plan deletes objects"),
            Example("fairlead apply test --dry-run", "stop after the plan"),
            Example("fairlead apply --plan plan.json --yes", "exactly the plan that plan --save wrote, or nothing"),
        ),
    ),
    Entry(
        "status",
        DEPLOY,
        "Show health, drift and last deployment, with causes.",
        (
            Example("fairlead status test", "one environment"),
            Example("fairlead status --watch", "all environments, refreshed until Ctrl-C"),
        ),
    ),
    Entry(
        "history",
        DEPLOY,
        "List the recorded deployments of a release.",
        (
            Example("fairlead history test web", "those that are remembered, oldest first"),
            Example("fairlead history test web --output json", "the same for programs"),
        ),
    ),
    Entry(
        "show",
        DEPLOY,
        "Show one recorded deployment in full.",
        (
            Example("fairlead show test web 7", "who deployed what, and what became of each object"),
            Example("fairlead show test web 7 -v", "also the manifests, secrets masked"),
        ),
    ),
    Entry(
        "test",
        DEPLOY,
        "Run the tests that a deployed release brought with it.",
        (
            Example("fairlead test prod web", "its hooks of the event test, one after the other"),
            Example("fairlead test prod web --timeout 90s", "each for at most 90 seconds"),
        ),
    ),
    Entry(
        "delete",
        DEPLOY,
        "Remove a release with everything that it owns.",
        (
            Example("fairlead delete test web", "show what goes, ask, and delete it"),
            Example("fairlead delete test web --dry-run", "only show it"),
        ),
    ),
    Entry(
        "rollback",
        DEPLOY,
        "Deploy an old deployment again and hold the release there.",
        (
            Example("fairlead rollback prod web", "back to the last good deployment before the present one"),
            Example("fairlead rollback prod web 7 --reason INC-42", "back to deployment 7, saying why"),
            Example("fairlead rollback prod web --release-hold", "only end the hold of an earlier rollback"),
            Example("fairlead rollback prod shop", "of an app: the version that was live before, by one switch"),
            Example("fairlead rollback prod shop --to 7", "of an app: version 7"),
            Example("fairlead rollback - shop --namespace web", "of an app where the kubeconfig context leads"),
        ),
    ),
    Entry(
        "hold",
        DEPLOY,
        "Hold a release at what runs.",
        (
            Example("fairlead hold prod web --reason 'freeze until Monday'", "refuse to deploy anything else"),
            Example("fairlead hold prod web --end", "end the hold, also one that a rollback set"),
        ),
    ),
)
