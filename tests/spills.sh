#!/bin/sh
# spills.sh OBJECT... - a kernel's tile lies in registers: a function whose name begins with tile_ or band_ may move a
# vector to or from the stack a few times, before and after its loop, and no more. A compiler that spills in the loop
# loses a factor of three, and no other test would say so.
set -eu
command -v objdump >/dev/null || { echo "objdump was not found"; exit 77; }
for object; do
    objdump -d --no-show-raw-insn "$object"
done | awk '
    /^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3); ours = name ~ /^(tile|band)_/; seen += ours; framed = 0 }
    /mov +%rsp,%rbp/ { framed = 1 }             # else %rbp is a register like any other
    !ours || !/[xyz]mm[0-9]/ { next }
    (/\(%rsp/ || framed && /-0x[0-9a-f]+\(%rbp\)/) && ++moves[name] > 12 { print name ": " $0; bad = 1 }
    END { if (!seen) print "no kernel was found"; exit bad || !seen }'
