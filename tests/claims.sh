# What the end-to-end scripts share. Each sources it before all else, which takes it to an empty directory of its own with
# the store in it, and ends with `exit $failed`.
set -u
unset CDPATH LTCORE_PLUGIN_PATH
umask 022
work=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_DATA_HOME="$work/share"
failed=0

# wrong TEXT : something does not hold
wrong() {
    echo "FAILS: ... $1"; failed=1
}
# claim TEXT CODE COMMAND... : the command ends with that code; its output is in out and err
claim() {
    text=$1 code=$2
    shift 2
    "$@" >out 2>err
    got=$?
    if [ "$got" = "$code" ]; then echo "holds: $text"; else
        echo "FAILS: $text (exit code $got, not $code)"; cat out err; failed=1; fi
}
# says FILE PATTERN : the file, mostly out or err, has it; lacks: it has not
says() {
    grep -q -- "$2" "$1" && return
    wrong "$1 says '$2'"; head -c 4000 "$1"
}
lacks() {
    grep -q -- "$2" "$1" || return
    wrong "$1 does not say '$2'"; head -c 4000 "$1"
}
# equal TEXT IS EXPECTED
equal() {
    [ "$2" = "$3" ] || wrong "$1: '$2', not '$3'"
}
# there FILE... : each is there and not empty
there() {
    for file; do
        [ -s "$file" ] || wrong "$file is there"
    done
}
# column FILE NAME... : those columns of a CSV file, its rows one to a line
column() {
    csv=$1
    shift
    awk -F, -v names="$*" 'NR == 1 { n = split(names, want, " "); for (i = 1; i <= NF; i++) at[$i] = i; next }
        { for (i = 1; i <= n; i++) printf "%s%s", $at[want[i]], i < n ? " " : "\n" }' "$csv"
}
# rows FILE VARIANT LEVEL NAME : the same of those rows alone
rows() {
    column "$1" level variant "$4" | sed -n "s/^$3 $2 //p"
}
