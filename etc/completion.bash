# Completion of ltcore's command line in bash; installed where bash-completion looks for it, or sourced by hand.

_ltcore() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    local commands='list info summary show eval status watch report verify store tune check help'
    local options='--config --set --output --jobs --dry-run --quiet --verbose --help --version'
    COMPREPLY=()
    case $before in
    -c | --config) mapfile -t COMPREPLY < <(compgen -f -X '!*.cfg' -- "$word"; compgen -d -- "$word"); return ;;
    -o | --output | status | watch | report | verify) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    --set) mapfile -t COMPREPLY < <(compgen -S = -W "$(ltcore help config 2>/dev/null | sed -n 's/^\([a-z_.]*\.[a-z0-9_]*\) .*/\1/p')" \
        -- "$word"); return ;;
    list) mapfile -t COMPREPLY < <(compgen -W 'arch masks datasets backends' -- "$word"); return ;;
    info) mapfile -t COMPREPLY < <(compgen -W "$(ltcore list 2>/dev/null | awk 'NR > 1 { print $2 }')" -- "$word"); return ;;
    store) mapfile -t COMPREPLY < <(compgen -W 'stats verify gc' -- "$word"); return ;;
    help) mapfile -t COMPREPLY < <(compgen -W "$commands run config" -- "$word"); return ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    elif ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
    else
        case $command in
        show | eval) mapfile -t COMPREPLY < <(compgen -f -X '!*.safetensors' -- "$word"; compgen -d -- "$word") ;;
        check) mapfile -t COMPREPLY < <(compgen -f -X '!*.so' -- "$word"; compgen -d -- "$word") ;;
        esac
    fi
}
complete -o filenames -F _ltcore ltcore
