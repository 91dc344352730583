#!/bin/sh
# check.sh LTCORE FILE [TEST...] - the conformance suite on one plug-in, or some of its tests: all must hold, and none
# be skipped.
set -u
ltcore=$1 file=$2
shift 2
failed=0
for test in "${@:-}"; do
    found=$("$ltcore" check "$file" ${test:+"$test"}) || failed=1
    echo "$found" | grep "# SKIP" && failed=1
    echo "$found" | grep -v "^ok "
done
exit $failed
