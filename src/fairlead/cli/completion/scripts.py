"""What each shell runs when Tab is pressed: it hands over the words and shows the answers."""

from __future__ import annotations

_BASH = """\
# bash completion for fairlead: put it where bash-completion looks, or source it.
_fairlead() {
    local IFS=$'\\n'
    local words
    words=$("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return 0
    COMPREPLY=($words)
    if [[ ${COMPREPLY[0]} == "__files__" ]]; then
        COMPREPLY=()
        compopt -o default 2>/dev/null
    fi
}
complete -F _fairlead fairlead
"""

_ZSH = """\
#compdef fairlead
# zsh completion for fairlead: save it as _fairlead in a directory of $fpath.
_fairlead() {
    local -a answers
    answers=("${(@f)$("${words[1]}" __complete "${(@)words[2,$CURRENT]}" 2>/dev/null)}")
    if [[ ${answers[1]} == "__files__" ]]; then
        _files
    else
        compadd -a -- answers
    fi
}
if [[ $funcstack[1] == _fairlead ]]; then _fairlead "$@"; else compdef _fairlead fairlead; fi
"""

_FISH = """\
# fish completion for fairlead: save it as fairlead.fish in ~/.config/fish/completions.
function __fairlead_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l answers (fairlead __complete $words[2..-1] (commandline --current-token --cut-at-cursor) 2>/dev/null)
    if test "$answers[1]" = __files__
        __fish_complete_path (commandline --current-token --cut-at-cursor)
    else
        string join \\n -- $answers
    end
end
complete --command fairlead --no-files --arguments '(__fairlead_complete)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
