"""The grammar of `updates`: how new versions are proposed."""

from __future__ import annotations

from fairlead.domain.declaring.shapes import Field, Flag, Record, Text
from fairlead.domain.declaring.texts import VARIABLE, WORD

FORGE_KINDS = ("github", "gitlab", "gitea", "bitbucket", "azure")
_BRANCH = Text(r"(?!.*(\.\.|//|\.lock$))[A-Za-z0-9][A-Za-z0-9._/-]{0,200}(?<![./])", "the name of a branch")
_NUMBER = Text(r"[0-9]{1,20}|Iv[A-Za-z0-9.]{1,60}", "the number or client id that GitHub shows")
_LINE = Text(r"[^\x00-\x1f\x7f<>]{1,100}", "one line of text")
_EMAIL = Text(r"[^\s<>@]{1,100}@[^\s<>@]{1,150}", "an e-mail address")
TOKEN_FROM = Record(
    "tokenFrom",
    "Where a token or key comes from",
    (Field("env", VARIABLE, "A variable of Fairlead's own environment.", required=True),),
)
FORGE = Record(
    "forge",
    "Where pull requests are opened",
    (
        Field(
            "kind", Text(choices=FORGE_KINDS, expected="a kind of forge"), "Kind.", default="by the repository's host"
        ),
        Field(
            "api",
            Text(r"https?://[^\s/@?#]+(/[^\s@?#]*)?", "an http:// or https:// URL without a user name"),
            "Address of the API, for a forge of your own.",
            default="by kind and host",
        ),
        Field("repository", WORD, "The repository's name there, such as `acme/deploy`.", default="by its address"),
    ),
)
APP = Record(
    "app",
    "A GitHub App",
    (
        Field("id", _NUMBER, "Number or client id of the app.", required=True),
        Field("installation", Text(r"[0-9]{1,20}", "a number"), "Number of its installation.", required=True),
        Field("keyFrom", TOKEN_FROM, "Its private key in PEM form.", required=True),
    ),
)
SIGN = Record(
    "sign",
    "How commits are signed",
    (
        Field("format", Text(choices=("ssh", "openpgp"), expected="a form"), "Form of the signature.", required=True),
        Field("key", _LINE, "File of the SSH key, or id of the OpenPGP key.", required=True),
    ),
)
AUTHOR = Record(
    "author",
    "Whose name commits bear",
    (
        Field("name", _LINE, "Name.", required=True),
        Field("email", _EMAIL, "E-mail address.", required=True),
        Field("sign", SIGN, "How commits are signed.", default="not at all"),
    ),
)
UPDATES = Record(
    "updates",
    "How new versions are proposed by `--pr`",
    (
        Field("base", _BRANCH, "Branch that is changed.", default="the repository's default branch"),
        Field("forge", FORGE, "Where pull requests are opened."),
        Field("tokenFrom", TOKEN_FROM, "Token of the forge; Git's password for https addresses, too."),
        Field("app", APP, "A GitHub App, instead of a token."),
        Field("author", AUTHOR, "Whose name commits bear.", default="Fairlead"),
        Field("direct", Flag(), "Commit to the branch itself, without pull requests.", default="false"),
        Field("autoMerge", Flag(), "Have pull requests merged when their checks passed.", default="false"),
    ),
)
