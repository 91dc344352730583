#!/bin/sh
# cli_check.sh LTCORE PLUGINS FIXTURES - `ltcore check` as its user meets it, and over every plug-in of the build. Says
# each claim, and fails at the end if one did not hold.
. "$(dirname "$0")/claims.sh"
ltcore=$1 plugins=$2 fixtures=$3

for file in "$plugins"/*/*.so; do
    claim "$(basename "$(dirname "$file")")/$(basename "$file") passes" 0 "$ltcore" check "$file"
    lacks out "^not ok"
    says out "^# [0-9]* tests: [0-9]* ok, 0 failed, "
    says out "^1\.\.$(grep -c '^ok ' out)\$"
done

claim "a fault is told with what was found and what is due" 1 "$ltcore" check "$fixtures/faulty-bad-step.so"
says out "^TAP version 14"
says out "^not ok [0-9]* - faulty bad-step: "
says out "^  found: 'bad_step is "
says out "^  expected: 'finite losses before bad_step; "
says out "^  seed: 1"
says out " 1 failed, "
claim "one test can be run alone" 1 "$ltcore" check "$fixtures/faulty-bad-step.so" bad-step
says out "^1\.\.1\$"
claim "a test that does not exist is named" 2 "$ltcore" check "$fixtures/faulty-bad-step.so" bad-stop
says err "no test is called 'bad-stop'"
claim "what crashes when it is loaded fails, and that is all" 1 "$ltcore" check "$fixtures/crash.so"
says out "^not ok 1 - file-loads: "
says out "crashed with signal 6"
says out "^1\.\.1\$"

claim "an interrupt stops a test that hangs" 3 sh -c "'$ltcore' check '$fixtures/hang.so' & sleep 3; kill -INT \$!; wait \$!"
lacks out "^not ok"

cp "$fixtures/faulty-none.so" here.so
claim "a file of the current directory needs no slash" 0 "$ltcore" check here.so file-loads
claim "a file that is not there is wrong usage" 2 "$ltcore" check nowhere.so
says err "nowhere.so: No such file"
claim "so is a directory" 2 "$ltcore" check .
says err "not a file"
claim "and nothing at all" 2 "$ltcore" check
says err "check takes 1 word at least"

exit $failed
