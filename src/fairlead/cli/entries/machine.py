"""Commands that set up who may do what, from where, and with what."""

from __future__ import annotations

from fairlead.cli.entries.entry import SET_UP, Entry, Example

MACHINE = (
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
            Example("fairlead sandbox up --kubeconfig-out sandbox.kubeconfig", "start one cluster"),
            Example("fairlead sandbox status", "where it is, and whether all of it runs"),
            Example("fairlead sandbox load-image shop.tar", "so that pods can run it"),
            Example("fairlead sandbox logs apiserver-1 --lines 100", "when something does not come up"),
            Example("fairlead sandbox reset", "begin again with empty clusters"),
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
