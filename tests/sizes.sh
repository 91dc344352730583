#!/bin/sh
# sizes.sh SOURCE - no line of C is longer than 110 columns, as .clang-format has it, and no file longer than 400 lines.
# A string may stick out: text for people, and configurations in tests, are not broken for that.
set -eu
cd "$1"
find bench core plugins sdk tests \( -name '*.[ch]' -o -name '*.inc' -o -name '*.cu' -o -name '*.cuh' \) -print0 |
    xargs -0 awk '
        function in_string(line) { gsub(/\\["\\]/, "", line); return gsub(/"/, "", line) % 2 }
        length > 110 && !in_string(substr($0, 1, 110)) { print FILENAME ":" FNR ": " length " columns"; bad = 1 }
        FNR == 401 { print FILENAME ": more than 400 lines"; bad = 1 }
        END { exit bad }'
