#!/bin/sh
# spills.sh OBJECT... - a kernel's sums lie in registers. A function whose name begins with tile_ or band_ may move a
# vector to or from the stack a few times, before and after its loop, and no more; and no innermost loop of those that
# work on linear layers by lists or strips moves more of them than it multiplies. A compiler that spills in the loop loses
# a factor of two or three, and no other test would say so.
set -eu
command -v objdump >/dev/null || { echo "objdump was not found"; exit 77; }
for object; do
    objdump -d --no-show-raw-insn "$object"
done | awk '
    function is_move(i) { return line[i] ~ /[xyz]mm[0-9]/ && (line[i] ~ /\(%rsp/ || framed && line[i] ~ /-0x[0-9a-f]+\(%rbp\)/) }
    function is_back(i) { return line[i] ~ /^j/ && to[i] in at && at[to[i]] <= i }
    function look_at_tile(    i, moves) {
        for (i = 1; i <= n; i++)
            if (is_move(i) && ++moves > 12) { print name ": " line[i]; bad = 1 }
    }
    function look_at_loops(    i, k, from, moves, products) {
        for (i = 1; i <= n; i++) {
            if (!is_back(i)) continue
            moves = products = 0; from = at[to[i]]
            for (k = from; k < i && !(is_back(k) && at[to[k]] >= from); k++) {
                moves += is_move(k) && line[k] ~ /^v?mov/; products += line[k] ~ /^(vfn?madd|v?mulps)/
            }
            if (k == i && products && moves > products) { print name ": " moves " moves beside " products " products"; bad = 1 }
        }
    }
    function look() {
        if (name ~ /^(tile|band)_/) { seen = 1; look_at_tile() }
        if (name ~ /^run_(sparse|strips)_|^halves_/) look_at_loops()
    }
    /^[0-9a-f]+ <.*>:$/ { look(); name = substr($2, 2, length($2) - 3); n = framed = 0; split("", at); next }
    /^ +[0-9a-f]+:/ {
        address = substr($1, 1, length($1) - 1); at[address] = ++n; to[n] = $3
        if (/mov +%rsp,%rbp/) framed = 1        # else %rbp is a register like any other
        line[n] = $0; sub(/^ +[0-9a-f]+:[ \t]+/, "", line[n])
    }
    END { look(); if (!seen) print "no kernel was found"; exit bad || !seen }'
