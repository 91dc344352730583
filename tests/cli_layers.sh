#!/bin/sh
# cli_layers.sh LTCORE - what layers have of their own, and collapse, as their user meets them. Says each claim, and fails
# at the end if one did not hold.
. "$(dirname "$0")/claims.sh"
ltcore=$1

# alive DIR LEVEL : the weights that main has left in its layers there, in one line
alive() {
    awk -F, -v level="$2" '$2 == "main" && $6 == level { printf "%s%s", n++ ? " " : "", $8 }' "$1/layers.csv"
}

cat >run.cfg <<'CFG'
dataset = { plugin = "synthetic"; train = 1200; test = 300; validation = 200; };
arch    = { plugin = "mlp"; hidden = [20, 10]; };
train   = { batch_size = 50; steps = 40; evaluate_every = 20; optimizer = { type = "adam"; lr = 1e-2; }; };
prune   = { mask = { plugin = "magnitude"; }; rate = 0.5; rounds = 2; };
report  = { formats = []; };
CFG

# fc1 20 x 784, fc2 10 x 20, fc3 10 x 10
claim "one rate for all, half of it for the output" 0 "$ltcore" -q -c run.cfg
equal "of 15680, 200 and 100 (75 rounds to 56)" "$(alive runs/run 2)" "3920 50 56"
claim "layers have rates of their own" 0 "$ltcore" -q -c run.cfg -o own \
    --set 'prune.layer_rate=({match="fc1.*"; rate=0.1;}, {match="output"; rate=[0.0, 0.2];})'
equal "after a round" "$(alive own 1)" "14112 100 100"
equal "after two" "$(alive own 2)" "12701 50 80"
claim "the resolved run.cfg says so and gives the same run" 0 "$ltcore" -q -c own/run.cfg -o own2
says own/run.cfg 'layer_rate = ( { match = "fc1.\*"; rate = 0.1; }, { match = "output"; rate = \[0.0, 0.2\]; } );'
says out "Trained: 0 networks, 0 steps. From the store: 3"
claim "a pattern that matches nothing is refused before any training" 2 "$ltcore" -c run.cfg -o no \
    --set 'prune.layer_rate=({match="fc9.*"; rate=0.1;})'
says err "prune.layer_rate: 'fc9.\*' matches no parameter of this network"
sed 's/plugin = "magnitude"/plugin = "mean-std"/; s/rate = 0.5; rounds/rounds/' run.cfg >counts.cfg
claim "a criterion without scores cannot keep one" 2 "$ltcore" -c counts.cfg -o no --set prune.collapse=keep-one
says err "prune.collapse: \"keep-one\" needs scores"
claim "erk shares the whole number out" 0 "$ltcore" -q -c run.cfg -o erk --set prune.allocation=erk
equal "half of 15980" "$(alive erk 1 | awk '{ print $1 + $2 + $3 }')" "7990"
claim "lamp too" 0 "$ltcore" -q -c run.cfg -o lamp --set prune.allocation=lamp -j 2
equal "and half of that" "$(alive lamp 2 | awk '{ print $1 + $2 + $3 }')" "3995"
claim "a floor is kept" 0 "$ltcore" -q -c run.cfg -o floor --set prune.min_alive=70
equal "in every layer" "$(alive floor 2)" "3920 70 70"

# Collapse: 0.1 % of an mlp ranked as a whole is none of its first layer.
cat >deep.cfg <<'CFG'
base     = "run.cfg";
prune    = { scope = "global"; output = "full"; rate = [0.5, 0.998, 0.5]; };
variants = ( { name = "reinit"; prune = { kept = "reinit"; }; },
             { name = "by layer"; prune = { scope = "layer"; rate = [0.5, 0.5, 0.5]; }; } );
report  = { formats = []; };
CFG
claim "a layer with nothing left is warned of, and trained all the same" 0 "$ltcore" -q -c deep.cfg -o warn
says err "main, trial 1, level 2: nothing is left of fc1.weight"
says err "the logits no longer depend on the input"
[ "$(grep -c 'level 2: nothing' err)" = 1 ] || wrong "once, by the line that drew the mask"
equal "its status" "$(rows warn/levels.csv main "[0-9]*" status | xargs)" "done done collapsed collapsed"
equal "its collapsed layers" "$(rows warn/levels.csv main 2 collapsed)" 1
equal "the other line's status" "$(rows warn/levels.csv "by layer" 3 status)" "done"
claim "a line is stopped before the training, others go on, and nothing failed" 0 "$ltcore" -q -c deep.cfg -o stop \
    --set prune.collapse=stop
says err "level 2: nothing is left of fc1.weight.*it is not trained, nor is what follows from it"
equal "levels that have rows" "$(column stop/levels.csv variant level | paste -s -d,)" \
    "main 0,main 1,reinit 1,by layer 1,by layer 2,by layer 3"
claim "a dry run plans no more than that" 0 "$ltcore" -n -c deep.cfg -o stop --set prune.collapse=stop
says out " 0 to be done when"
says out " 6 stored"
claim "status tells a stop from a failure" 0 "$ltcore" status stop
says out "6 of 10 levels are done, and prune.collapse stopped a line"
lacks out "failed"
claim "keep-one leaves every layer its highest weight" 0 "$ltcore" -q -c deep.cfg -o one --set prune.collapse=keep-one \
    --set 'variants=()'
equal "collapsed layers" "$(rows one/levels.csv main "[0-9]*" collapsed | xargs)" "0 0 0 0"
equal "weights of fc1" "$(alive one 2 | cut -d' ' -f1)" 1
claim "frozen weights carry the input on: no collapse" 0 "$ltcore" -q -c deep.cfg -o frozen \
    --set prune.pruned=freeze-init --set prune.collapse=stop --set 'variants=()'
lacks err "nothing is left"
equal "status" "$(column frozen/levels.csv status | xargs)" "done done done done"

exit $failed
