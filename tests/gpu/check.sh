#!/bin/sh
# check.sh LTCORE FILE [TEST...] - the conformance suite on one plug-in, or some of its tests: all must hold, and none
# be skipped.
set -u
ltcore=$1 file=$2
shift 2
for test in "${@:-}"; do
    found=$("$ltcore" check "$file" ${test:+"$test"}) && ! echo "$found" | grep -q "# SKIP" || {
        echo "$found" | grep -v "^ok [^#]*$"
        exit 1
    }
done
