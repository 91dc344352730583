#!/bin/sh
# cli_sweep.sh LTCORE - sweeps as their user meets them: what points share, what they are called, what is refused.
. "$(dirname "$0")/claims.sh"
ltcore=$1

cat >run.cfg <<'CFG'
run     = { trials = 3; };
dataset = { plugin = "synthetic"; train = 500; test = 150; validation = 100; };
arch    = { plugin = "mlp"; hidden = [12]; };
train   = { batch_size = 50; steps = 20; evaluate_every = 10; optimizer = { type = "adam"; lr = 1e-2; }; };
prune   = { mask = { plugin = "magnitude"; }; strategy = "one-shot"; density = 0.5; };
report  = { formats = []; };
CFG

cat >criteria.cfg <<'CFG'
base = "run.cfg";
sweep = ( { key = "prune.mask.plugin"; values = ["magnitude", "small-final", "large-init", "small-init", "distance-moved",
                                                 "magnitude-increase", "random", "snip", "synflow"]; } );
report  = { formats = []; };
CFG
claim "a plain run" 0 "$ltcore" -q -c run.cfg -o plain
says out "Trained: 6 networks"
claim "nine criteria in three trials train no dense network again, nor what a plain run has" 0 "$ltcore" -q -c criteria.cfg -o nine
says out "Trained: 24 networks, 480 steps. From the store: 6"
rm -rf share
claim "and on an empty store the dense network three times, not twenty-seven" 0 "$ltcore" -q -c criteria.cfg -o anew
says out "Trained: 30 networks, 600 steps"
equal "three dense networks" "$(rows anew/levels.csv main 0 training | sort -u | wc -l)" 3
equal "twenty-seven tickets" "$(rows anew/levels.csv main 1 training | sort -u | wc -l)" 27
equal "a point with the settings of a plain run is the same training, made anew" \
    "$(rows plain/levels.csv main 1 training)" "$(rows anew/levels.csv main 1 training | head -n 3)"
tensors() { tail -c 2000 "$1"; }            # behind the notes, which name the point
equal "with the same weights" "$(tensors plain/tickets/main/t2/l01/end.safetensors | cksum)" \
    "$(tensors anew/tickets/main/p01/t2/l01/end.safetensors | cksum)"
equal "a column for the key" "$(rows anew/levels.csv main 1 prune.mask.plugin | sort -u | head -n 1)" distance-moved
equal "which is what the run used" "$(rows anew/levels.csv main 1 mask)" "$(rows anew/levels.csv main 1 prune.mask.plugin)"
claim "a dry run counts what is shared" 0 "$ltcore" -n -c criteria.cfg -o dry --set run.store=none
says out "^30 trainings of 20 steps"
says out "main 9"
says out "3 of the dense network, from which 27 lines start"
claim "the resolved run.cfg alone reproduces it" 0 "$ltcore" -q -c anew/run.cfg -o again
says out "Trained: 0 networks, 0 steps. From the store: 30"
equal "the same rows" "$(cut -d, -f 1-60 again/levels.csv)" "$(cut -d, -f 1-60 anew/levels.csv)"
claim "status counts all points" 0 "$ltcore" status anew
says out "finished, 30 levels"
claim "one of them can be trained again and compared" 0 "$ltcore" verify anew main/p04/t3/l01
says out "identical"

# Whatever can be configured: each has the networks, data and programs that it needs, in one run.
cat >wide.cfg <<'CFG'
base = "run.cfg";
run = { trials = 1; };
variants = ( { name = "fresh"; prune = { kept = "reinit"; }; },
             { name = "noisy"; prune = { masks = "main"; noise = [0.5, 1.0]; }; } );
report  = { formats = []; };
CFG
for key in 'dataset.seed; values = [1, 2]' 'dataset.validation; values = [50, 100]' 'arch.hidden; values = ( [8], [8, 8] )' \
    'arch.init; values = ["pytorch", "glorot-normal"]' 'train.batch_size; values = [25, 50]' \
    'train.optimizer; values = ( { type = "sgd"; lr = 0.1; }, { type = "adam"; lr = 0.01; } )' \
    'run.seed; values = [1, 2]' 'backend.plugin; values = ["ref", "cpu-blas"]' 'prune.density; values = ( 0.5, [0.5, 0.25] )' \
    'dataset; values = ( { plugin = "synthetic"; train = 400; test = 100; validation = 50; }, { plugin = "synthetic"; train = 500; test = 100; validation = 50; } )' \
    'train.optimizer.lr; values = { from = 0.001; to = 0.01; count = 2; spacing = "log"; }'; do
    name=${key%%;*}
    rm -rf swept alone
    noises="0.5 1 0.5 1 "                     # in the last column
    [ "$name" = prune.density ] && noises="0.5 1 0.5 0.5 1 1 "
    claim "$name is swept" 0 "$ltcore" -q -c wide.cfg -o swept --set "sweep=({ key = \"$name\"; ${key#*; } });"
    equal "what guessing reaches is said once" "$(grep Always out | sort | uniq -d)" ""
    equal "at two points" "$(rows swept/levels.csv main 1 point | tr '\n' ' ')" "1 2 "
    equal "a control follows" "$(rows swept/levels.csv fresh 1 point | tr '\n' ' ')" "1 2 "
    equal "with points of its own" "$(awk -F, '$2 == "noisy" { printf "%s ", $NF }' swept/levels.csv)" "$noises"
    claim "... and resolved reads the same" 0 "$ltcore" -q -c swept/run.cfg -o alone
    says out "Trained: 0 networks"
done

# The table, and what each point is called.
cat >table.cfg <<'CFG'
base = "run.cfg";
prune = { mask = { plugin = "magnitude"; }; density = 0.5; scope = ["layer", "global"]; };
variants = ( { name = "fresh"; prune = { kept = "reinit"; masks = "main"; }; },
             { name = "by chance"; prune = { mask = { plugin = "random"; }; scope = "layer"; density = [0.5, 0.25]; }; } );
report  = { formats = []; };
CFG
claim "a value a row, and a table for what does not follow" 0 "$ltcore" -c table.cfg -o table
says err "main, point 2 (scope global), trial 1, level 1"
says out "^ scope  level  density"
says out "^ layer      1"
says out "^by chance:"

# A point that fails when others are done: the run failed, and was no wrong usage.
claim "a point whose criterion finds fewer samples than it needs fails alone" 1 "$ltcore" -q -c run.cfg -o few \
    --set dataset.train=160 --set 'sweep=({ key = "prune.mask.plugin"; values = ["magnitude", "snip"]; })' --set run.trials=1
says err "prune.mask.batches: 1 passes over 100 samples each need 100, and the training split has 60"
says out "FAILED: 1"
equal "and the other is trained" "$(rows few/levels.csv main 1 status | sort | tr '\n' ' ')" "done failed "

# Refusals, each at the place of what is wrong.
cat >bad.cfg <<'CFG'
base = "run.cfg";
train = { optimizer = { lr = [0.1,
                              -0.2]; }; };
CFG
claim "a wrong value of a list is refused at its place" 2 "$ltcore" -n -c bad.cfg
says err "bad.cfg:3: train.optimizer.lr: -0.2 is not in"
claim "a value that the data refuse says at which point" 2 "$ltcore" -n -c run.cfg --set 'train.batch_size=[50, 5000]'
says err "batch_size is 5000, but only.*at batch_size 5000"
exit $failed
