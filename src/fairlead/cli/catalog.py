"""Every command: where it lives, what it is for, how it is used. Read by dispatch, help, completion and docs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One way to call a command, and what that does."""

    command: str
    does: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One command. `module` is imported when the command is called, not before."""

    name: str
    section: str
    summary: str
    examples: tuple[Example, ...]
    alias: str | None = None
    module_name: str | None = None

    @property
    def module(self) -> str:
        """The module that holds the command's `app`."""
        return self.module_name or f"fairlead.cli.commands.{self.name}"


DEPLOY, UPGRADE, INSPECT, AUTHOR, SET_UP = "Deploy", "Upgrade", "Inspect", "Author", "Set up"
SECTIONS = (DEPLOY, UPGRADE, INSPECT, AUTHOR, SET_UP)

CATALOG = (
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
    Entry(
        "deploy",
        DEPLOY,
        "Deploy an app blue-green, from its descriptor.",
        (
            Example("fairlead deploy shop.json", "a new version beside the live one, then in its place"),
            Example("fairlead deploy shop.yaml -e prod", "in the cluster and namespace of the environment prod"),
            Example("fairlead deploy --release shop -e prod", "the app that is declared as a release of prod"),
            Example("fairlead deploy shop.json --on-busy queue", "after what is under way"),
        ),
    ),
    Entry(
        "promote",
        DEPLOY,
        "Let the version of an app that waits go live.",
        (Example("fairlead promote shop -e prod", "after looking at its preview"),),
    ),
    Entry(
        "abort",
        DEPLOY,
        "Give up the version of an app that is on its way.",
        (Example("fairlead abort shop -e prod", "traffic goes back, if it had begun to move"),),
    ),
    Entry(
        "undeploy",
        DEPLOY,
        "Remove an app with all its versions.",
        (Example("fairlead undeploy shop -e test", "after asking"),),
    ),
    Entry(
        "units",
        DEPLOY,
        "Show apps that are deployed blue-green.",
        (
            Example("fairlead units -e prod", "all apps of an environment, with their versions"),
            Example("fairlead units shop --drive", "go on with a rollout that was interrupted"),
        ),
    ),
    Entry(
        "env",
        DEPLOY,
        "Set environment variables for the apps of a namespace.",
        (
            Example("fairlead env list -e prod", "all of them, and the apps that do not have them yet"),
            Example("fairlead env set KAFKA_URL=kafka:9092 -e prod", "for the next version of every app"),
            Example("fairlead env set --secret TOKEN=login/token", "the value stays in the Secret login"),
            Example("fairlead env unset KAFKA_URL --dry-run", "show what that would restart"),
        ),
    ),
    Entry(
        "poll",
        UPGRADE,
        "Look for newer images and charts, and write them into the files if asked.",
        (
            Example("fairlead poll", "everything that has a trigger"),
            Example("fairlead poll test -r web --detailed-exitcode", "for CI: exit 3 when there are updates"),
            Example("fairlead poll --image registry.acme.test/shop", "only who runs this image"),
            Example("fairlead poll test --patch", "change exactly those tags and versions in the files"),
        ),
    ),
    Entry(
        "observe",
        UPGRADE,
        "Weigh one new image or chart that was just made.",
        (
            Example("fairlead observe --image registry.acme.test/shop:1.4.3", "from the CI that pushed it, offline"),
            Example("fairlead observe --image registry.acme.test/shop:1.4.3 --verify", "ask the registry about it too"),
            Example("fairlead observe --chart acme/cache:1.3.0 --patch", "a new chart, written into the files"),
        ),
    ),
    Entry(
        "webhooks",
        UPGRADE,
        "Take webhooks of registries, and act on new images until ended.",
        (
            Example("fairlead webhooks --config webhooks.yaml", "on 127.0.0.1:8080; say what would change"),
            Example("fairlead webhooks --config webhooks.yaml --patch", "write new tags into the files as they come"),
            Example("fairlead webhooks --config webhooks.yaml --pr", "propose them as pull requests"),
        ),
    ),
    Entry(
        "server",
        DEPLOY,
        "Serve the API: deployments of apps, followed as they happen.",
        (
            Example("fairlead server", "on 127.0.0.1:8080, for whoever owns this machine"),
            Example("fairlead server --listen 0.0.0.0:8080 --log-format json", "for others, who need tokens"),
        ),
    ),
    Entry(
        "track",
        UPGRADE,
        "Try a track on tags: which would be chosen, and why.",
        (
            Example("fairlead track MinorVersion --current 1.2.0 1.2.1 1.3.0 2.0.0", "the newest minor version"),
            Example("fairlead track Newest --current main-1@1767225600 main-2@1767312000", "by time of creation"),
            Example("fairlead track - --range '^1.2' --current 1.2.0 1.9.0 2.0.0", "a range instead of a track"),
        ),
    ),
    Entry(
        "list",
        INSPECT,
        "List declared clusters, environments or releases.",
        (
            Example("fairlead list environments", "what can be deployed to"),
            Example("fairlead list releases test -l tier=web", "releases of an environment, by label"),
        ),
    ),
    Entry(
        "values",
        INSPECT,
        "Show a release's effective values and their origin.",
        (
            Example("fairlead values test web", "each value with the file and line that set it"),
            Example("fairlead values test web --output json", "the same for programs"),
        ),
    ),
    Entry(
        "render",
        INSPECT,
        "Print the manifests as they would be applied.",
        (
            Example("fairlead render test -r web", "a YAML stream"),
            Example("fairlead render test --kube-version 1.33", "without a cluster"),
        ),
    ),
    Entry(
        "fmt",
        AUTHOR,
        "Bring YAML files into one layout; comments and meaning stay.",
        (
            Example("fairlead fmt environments.yaml apps/*.yaml", "two spaces a level, lists below their keys"),
            Example("fairlead fmt --check apps/*.yaml", "for CI: exit 1 when a file is in another layout"),
        ),
    ),
    Entry(
        "json2yaml",
        AUTHOR,
        "Convert JSON to YAML.",
        (
            Example("fairlead json2yaml values.json", "print it as YAML, numbers as they are written"),
            Example("kubectl get deployment web -o json | fairlead json2yaml", "from standard input"),
        ),
    ),
    Entry(
        "yaml2json",
        AUTHOR,
        "Convert YAML to JSON, read as Helm and kubectl read it.",
        (
            Example("fairlead yaml2json values.yaml", "print it as JSON, one value for each document"),
            Example("fairlead render test | fairlead yaml2json | jq .kind", "from standard input"),
        ),
    ),
    Entry(
        "new",
        AUTHOR,
        "Write a commented starter repository.",
        (Example("fairlead new shop", "a repository in the directory shop that lints and deploys"),),
    ),
    Entry(
        "lint",
        AUTHOR,
        "Check the declared state; exit 2 on errors.",
        (
            Example("fairlead lint", "all environments, without any network"),
            Example("fairlead lint test --online", "also against the cluster's own API"),
        ),
    ),
    Entry(
        "schema",
        AUTHOR,
        "Print a JSON schema: of the files, or of the output.",
        (
            Example("fairlead schema environments > environments.schema.json", "for editors"),
            Example("fairlead schema webhooks", "for files of `fairlead webhooks --config`"),
            Example("fairlead schema output", "for programs that read --output json"),
        ),
    ),
    Entry(
        "init",
        SET_UP,
        "Get credentials and set the env:NAME contexts.",
        (
            Example("fairlead init test", "for one environment"),
            Example("fairlead init --all --contexts-only", "contexts only, credentials are there already"),
        ),
    ),
    Entry(
        "use",
        SET_UP,
        "Make an environment's context the current one.",
        (Example("fairlead use test", "kubectl then talks to the cluster of test"),),
    ),
    Entry(
        "tokens",
        SET_UP,
        "Make, list and revoke the tokens that open the server.",
        (
            Example("fairlead tokens create ci --role deployer --namespace shop", "printed once, valid for 90 days"),
            Example("fairlead tokens create alice --role admin --expires 8h", "for a working day"),
            Example("fairlead tokens list", "who may do what until when, and when they last did"),
            Example("fairlead tokens revoke ci", "at once, also while the server runs"),
        ),
    ),
    Entry(
        "audit",
        SET_UP,
        "Show who did what on the server, and who was refused.",
        (
            Example("fairlead audit", "the newest 50 entries"),
            Example("fairlead audit --limit 1000 --output json", "for programs; `after` goes on with the list"),
        ),
    ),
    Entry(
        "sandbox",
        SET_UP,
        "Run a real Kubernetes on this machine, to try things.",
        (
            Example("fairlead sandbox up", "start one cluster"),
            Example("fairlead sandbox down", "end it and leave nothing behind"),
        ),
        module_name="fairlead.cli.sandbox",
    ),
    Entry(
        "completion",
        SET_UP,
        "Print the completion script for a shell.",
        (
            Example("fairlead completion bash > ~/.local/share/bash-completion/completions/fairlead", "bash"),
            Example("fairlead completion zsh > ~/.zfunc/_fairlead", "zsh, with ~/.zfunc on fpath"),
            Example("fairlead completion fish > ~/.config/fish/completions/fairlead.fish", "fish"),
        ),
    ),
)


def find(name: str) -> Entry | None:
    """Return the command of that name or alias."""
    return next((entry for entry in CATALOG if name in (entry.name, entry.alias)), None)


def names() -> tuple[str, ...]:
    """Return all names and aliases of commands."""
    return tuple(name for entry in CATALOG for name in (entry.name, entry.alias) if name)
