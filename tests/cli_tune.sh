#!/bin/sh
# cli_tune.sh LTCORE - a machine's own table of costs: measured, taken, and refused where it is broken. Says each claim,
# and fails at the end if one did not hold.
. "$(dirname "$0")/claims.sh"
ltcore=$1

identity() {
    python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("select distinct backend from line").fetchone()[0])' "$1/results.db"
}

cat >run.cfg <<'CFG'
dataset = { plugin = "synthetic"; train = 600; test = 200; validation = 100; };
arch    = { plugin = "mlp"; hidden = [40]; };
backend = { plugin = "cpu"; isa = "portable"; };
train   = { batch_size = 50; steps = 30; optimizer = { type = "adam"; lr = 1e-2; }; };
prune   = { mask = { plugin = "magnitude"; }; rate = 0.6; rounds = 1; };
report  = { formats = []; };
CFG

claim "a table is measured" 0 "$ltcore" tune cpu -o own.costs
says out 'backend = { plugin = "cpu"; costs = "own.costs"; };'
equal "head and twelve costs" "$(grep -c . own.costs)" 13
ls ./*.tune >out 2>&1 && wrong "nothing else is left behind"
claim "what is there is not written over" 2 "$ltcore" tune cpu -o own.costs
says err "own.costs is there already"
claim "nor is a directory made, and the backend is not asked to measure" 1 "$ltcore" tune cpu -o no/own.costs
says err "^ltcore: no/own.costs"
claim "cpu-blas has none" 2 "$ltcore" tune cpu-blas
says err "backend cpu-blas has no table of costs to measure"
claim "and there is no backend of that name" 2 "$ltcore" tune cqu
says err "cqu"

claim "a run by the table that is shipped" 0 "$ltcore" -q -c run.cfg -o shipped
claim "a run by its own" 0 "$ltcore" -q -c run.cfg -o own --set backend.isa=best --set backend.costs=own.costs
says out "Trained: 2 networks"
identity own >out
says out "^cpu/[0-9]* [a-z0-9]* ftz costs [0-9a-f]\{16\}$"

# The shipped numbers of the portable kernels, and others by which only lists cost little.
cat >same.costs <<'COSTS'
ltcore cpu costs 1 portable
dense 1.2
list 1.3
strip 1.4
weight 0.5
adam 1.5
entry 4
conv.forward.lists 1.5
conv.forward.winograd 0.31
conv.data.lists 1.5
conv.data.winograd 0.31
conv.weights.lists 1.7
conv.weights.winograd 0.34
COSTS
sed 's/^dense .*/dense 1000/; s/^strip .*/strip 1000/' same.costs >lists.costs
claim "a table that says the same" 0 "$ltcore" -q -c run.cfg -o same --set backend.costs=same.costs
says out "Trained: 2 networks"
equal "gives the same" "$(column same/levels.csv end_test_loss)" "$(column shipped/levels.csv end_test_loss)"
claim "another" 0 "$ltcore" -q -c run.cfg -o lists --set backend.costs=lists.costs
says out "Trained: 2 networks"
[ "$(identity same)" != "$(identity lists)" ] || wrong "tables are told apart"
cp lists.costs elsewhere.costs
claim "by its content, not its place" 0 "$ltcore" -q -c run.cfg -o elsewhere --set backend.costs=elsewhere.costs
says out "Trained: 0 networks"

# broken PATTERN SED : the table so changed is refused with a sentence that says where
broken() {
    sed "$2" same.costs >broken.costs
    claim "refused: $2" 2 "$ltcore" -q -c run.cfg -o broken --set backend.costs=broken.costs
    says err "broken.costs:$1"
}
broken "1: this is not what .ltcore tune cpu. writes" '1s/1 portable/2 portable/'
broken "1: this table is for avx512, and the kernels are portable" '1s/portable/avx512/'
broken "2: there is no cost 'dents'" 's/^dense/dents/'
broken "3: dense stands here for a second time" 's/^list/dense/'
broken "4: strip = 'quick' is not a number" 's/^strip .*/strip quick/'
broken "4: strip = 'nan' is not a number" 's/^strip .*/strip nan/'
broken "4: strip = '-1' is not a number" 's/^strip .*/strip -1/'
broken "5: 'weight' is not a name and a number" 's/^weight .*/weight/'
broken "12: the file ends without conv.weights.winograd" '$d'
claim "so is one that is not there" 2 "$ltcore" -q -c run.cfg -o broken --set backend.costs=nowhere.costs
says err "nowhere.costs: No such file"

exit $failed
