# What the end-to-end scripts share; sourced by each, with `failed` set to 0 before and given as exit code at the end.

# claim TEXT CODE COMMAND... : the command ends with that code; its output is in out and err
claim() {
    text=$1 code=$2
    shift 2
    "$@" >out 2>err
    got=$?
    if [ "$got" = "$code" ]; then echo "holds: $text"; else
        echo "FAILS: $text (exit code $got, not $code)"; cat out err; failed=1; fi
}
# says FILE PATTERN : the last command's output has it; lacks: it has not
says() {
    grep -q -- "$2" "$1" && return
    echo "FAILS: ... and says '$2'"; cat "$1"; failed=1
}
lacks() {
    grep -q -- "$2" "$1" || return
    echo "FAILS: ... and does not say '$2'"; cat "$1"; failed=1
}
