#!/bin/sh
# traps.sh SOURCE - holds docs/traps.md against the tests: each trap up to 33 is there, each test that it names exists,
# and bears the number. A claim may be named by its beginning.
set -u
unset CDPATH
cd "$1" || exit 1
failed=0
fail() { echo "FAILS: $*"; failed=1; }

# NUMBER|FILE|CLAIM, a line a test that the table names
shown=$(awk -F'|' '/^\| [0-9]+[a-z]? \|/ {
    gsub(/ /, "", $2)
    rest = $4
    while (match(rest, /`[a-z_0-9.\/]+` "[^"]+"/)) {
        split(substr(rest, RSTART, RLENGTH), part, /` "/)
        print $2 "|" substr(part[1], 2) "|" substr(part[2], 1, length(part[2]) - 1)
        rest = substr(rest, RSTART + RLENGTH)
    }
}' docs/traps.md)

for n in $(seq 1 33) 26b 26c; do
    [ "$(grep -c "^| $n |" docs/traps.md)" = 1 ] || fail "trap $n has no row, or several"
    printf '%s\n' "$shown" | grep -q "^$n|" || grep "^| $n |" docs/traps.md | grep -q "cannot occur" ||
        fail "trap $n is shown by no test, and nothing says why it cannot occur"
done

printf '%s\n' "$shown" >"${TMPDIR:-/tmp}/traps.$$"
while IFS='|' read -r n file claim; do
    grep -qF "\"$claim" "tests/$file" || fail "tests/$file has no test '$claim'"
    printf '%s\n' "$claim" | grep -qE "traps? ([0-9]+[a-z]?(,| and) )*$n\b" || fail "'$claim' does not bear the number $n"
done <"${TMPDIR:-/tmp}/traps.$$"
rm "${TMPDIR:-/tmp}/traps.$$"

# and the other way round: a number in a test's name is in the table
for n in $(grep -rhoE '"(traps? [0-9]+[a-z]?( and [0-9]+)?:|[^"]*\(trap [0-9]+\)")' tests/*.c tests/*.sh tests/cohorts/run | grep -oE '[0-9]+[a-z]?' | sort -u); do
    grep -q "^| $n |" docs/traps.md || fail "a test bears the number $n, and the table has none"
done
[ "$failed" = 0 ] && echo "holds: $(printf '%s\n' "$shown" | wc -l) tests show what the table says"
exit $failed
