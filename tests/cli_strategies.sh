#!/bin/sh
# cli_strategies.sh LTCORE ETC - retrain, the strategies that prune one tensor at a time, and the standard controls, as
# their user meets them. Says each claim, and fails at the end if one did not hold.
. "$(dirname "$0")/claims.sh"
ltcore=$1 etc=$2

cat >run.cfg <<'CFG'
dataset = { plugin = "synthetic"; train = 1200; test = 300; validation = 200; };
arch    = { plugin = "mlp"; hidden = [20, 10]; };
train   = { batch_size = 50; steps = 60; evaluate_every = 20; optimizer = { type = "adam"; lr = 1e-2; }; };
prune   = { mask = { plugin = "magnitude"; }; rate = 0.2; rounds = 3; };
report  = { formats = []; };
CFG
# A network under a mask and the same with zeros in its place are computed in another order.
rounded() {
    awk '{ printf "%.5f\n", $1 }'
}

# retrain
claim "levels train as the dense network does" 0 "$ltcore" -q -c run.cfg -o plain
claim "and with a retrain that says the same the same is stored" 0 "$ltcore" -q -c run.cfg -o alike \
    --set 'retrain={steps=60;}'
says out "Trained: 0 networks, 0 steps. From the store: 4"
claim "retrain shortens what comes after the dense network" 0 "$ltcore" -q -c run.cfg -o short \
    --set 'retrain={steps=20;}'
equal "the length is each level's own" "$(column short/levels.csv level steps)" "0 60
1 20
2 20
3 20"
claim "a dry run counts the steps of both" 0 "$ltcore" -n -c run.cfg -o dry --set 'retrain={steps=10;}'
says out "4 trainings of 90 steps in all"
claim "its run.cfg alone reproduces it" 0 "$ltcore" -q -c short/run.cfg -o short2
says out "Trained: 0 networks, 0 steps. From the store: 4"
cmp short/layers.csv short2/layers.csv || wrong "layers.csv is the same"
claim "and the store is not asked to make it again" 0 "$ltcore" verify short main/t1/l02
rate_of() { column "$1"/history.csv level step lr | awk -v l="$2" '$1 == l { print $2, $3 }'; }
claim "from the start the schedule begins anew" 0 "$ltcore" -q -c run.cfg -o anew --set prune.kept=final \
    --set 'train.lr_schedule={type="multistep"; milestones=[30]; gamma=0.1;}' --set 'retrain={steps=40;}'
equal "at step 0 with the first rate" "$(rate_of anew 1)" "0 0.01
20 0.01
40 0.001"
claim "from where the mask was drawn it goes on" 0 "$ltcore" -q -c run.cfg -o tune --set prune.kept=final \
    --set 'train.lr_schedule={type="multistep"; milestones=[30]; gamma=0.1;}' --set 'retrain={steps=20; from="drawn";}'
equal "level by level, at the last rate" "$(rate_of tune 1; rate_of tune 2; rate_of tune 3)" "60 0.001
80 0.001
80 0.001
100 0.001
100 0.001
120 0.001"
equal "and says where each ends" "$(column tune/levels.csv steps)" "60
80
100
120"
claim "and is made again to the byte" 0 "$ltcore" verify tune main/t1/l03
cp -r tune tune1 && rm -rf share
claim "with an empty store too" 0 "$ltcore" -q -c tune/run.cfg -o tune2 -j 2
diff -r tune1/tickets tune2/tickets || wrong "the tickets are the same"
claim "the optimizer's state can be left behind" 0 "$ltcore" -q -c tune/run.cfg -o fresh \
    --set retrain.optimizer_state=fresh
says out "From the store: 1\."
equal "the weights it begins with are the same" "$(column fresh/levels.csv start_test_loss | sed -n 2p)" \
    "$(column tune/levels.csv start_test_loss | sed -n 2p)"
[ "$(column fresh/levels.csv end_test_loss | sed -n 2p)" != "$(column tune/levels.csv end_test_loss | sed -n 2p)" ] ||
    wrong "those it ends with are others"
claim "at the best step too, where weights alone are stored" 0 "$ltcore" -q -c tune/run.cfg -o best \
    --set retrain.optimizer_state=fresh --set prune.draw_at=best
equal "each goes on from the best step before" "$(column best/levels.csv best_step steps | awk 'NR > 1 && $2 != b + 20 { print "not" }
    { b = $1 }')" ""
claim "a rewind point behind its end is refused" 2 "$ltcore" -c run.cfg -o no --set prune.rewind_to=40it \
    --set 'retrain={steps=20;}'
says err "prune.rewind_to is step 40, but by retrain a training has 20"
claim "variants retrain in their own way" 0 "$ltcore" -q -c run.cfg -o variants \
    --set 'variants=({name="short"; retrain={steps=20;};})'
equal "with main's masks" "$(column variants/levels.csv variant level steps | tail -n 3)" "short 1 20
short 2 20
short 3 20"
grep -q '^ *steps = 20;' variants/run.cfg || wrong "which run.cfg says"

# Compounding without training: each step takes round-half-even(rate * alive) of a real network's weights; the fifth is
# a tie, 65,091.5, of which 65,092 go.
claim "compounding without retraining" 0 "$ltcore" -q -c "$etc/compression-global.cfg" -o s4 \
    --set 'dataset={plugin="synthetic"; train=300; test=100; validation=50; height=28; width=28;}' \
    --set train.steps=2 --set train.evaluate_every=1
says out "Trained: 1 network, 2 steps"
equal "trap 12: 10, 20, .. 80 % of the alive are 10, 28, 49.6, .. 99.63712 % of 430,500" \
    "$(column s4/levels.csv weights_total weights_alive steps)" "430500 430500 2
430500 387450 0
430500 309960 0
430500 216972 0
430500 130183 0
430500 65091 0
430500 26036 0
430500 7811 0
430500 1562 0"
equal "what is measured is the masked network itself" "$(column s4/levels.csv drawn_test_loss | tail -n 8 | rounded)" \
    "$(column s4/levels.csv end_test_loss | tail -n 8 | rounded)"
lacks out "Not compared with"

# layerwise
claim "layerwise prunes one tensor after another" 0 "$ltcore" -q -c run.cfg -o lw --set 'prune={strategy="layerwise";}' \
    --set 'retrain={steps=20;}'
says out "fc2.weight: 80.00"
equal "in the order of the network, keeping what was pruned" "$(column lw/layers.csv level layer alive)" \
"0 fc1.weight 15680
0 fc2.weight 200
0 fc3.weight 100
1 fc1.weight 12544
1 fc2.weight 200
1 fc3.weight 100
2 fc1.weight 12544
2 fc2.weight 160
2 fc3.weight 100
3 fc1.weight 12544
3 fc2.weight 160
3 fc3.weight 90"
equal "and says which it was" "$(column lw/levels.csv level pruned_layer)" "0 
1 fc1.weight
2 fc2.weight
3 fc3.weight"
claim "a list has one amount a tensor" 0 "$ltcore" -q -c run.cfg -o lwlist \
    --set 'prune={strategy="layerwise"; density=[0.9, 0.5, 0.2]; output="full";}' --set 'retrain={steps=20;}'
equal "in that order" "$(column lwlist/layers.csv level alive | tail -n 3)" "3 14112
3 100
3 20"
claim "and as many as there are" 2 "$ltcore" -c run.cfg -o no --set 'prune={strategy="layerwise"; rate=[0.5,0.5];}'
says err "2 amounts, one a tensor, and this network has 3 tensors to prune: fc1.weight to fc3.weight"
claim "layer_rate holds there too" 0 "$ltcore" -q -c run.cfg -o lwrate --set 'retrain={steps=20;}' \
    --set 'prune={strategy="layerwise"; layer_rate=({match="fc2.weight"; rate=0.5;});}'
equal "for its own tensor" "$(column lwrate/layers.csv level alive | tail -n 3)" "3 12544
3 100
3 90"
claim "a criterion that counts for itself is refused" 2 "$ltcore" -c run.cfg -o no \
    --set 'prune={strategy="layerwise"; mask={plugin="random"; mode="bernoulli"; keep=0.5;};}'
says err "random fixes its own count over all tensors"

# sensitivity
claim "sensitivity prunes each tensor alone and trains nothing again" 0 "$ltcore" -q -c run.cfg -o se \
    --set 'prune={strategy="sensitivity"; sparsity=[0.5,0.9]; output="full";}' --set train.report_at=end
says out "Trained: 0 networks, 0 steps"
lacks out "winning"
lacks out "Not compared with"
says out "fc3.weight: 10.00"
equal "from the dense network, by each amount" "$(column se/levels.csv level pruned_layer target_sparsity weights_alive steps)" \
"0   15980 60
1 fc1.weight 0.5 8140 0
2 fc1.weight 0.9 1868 0
3 fc2.weight 0.5 15880 0
4 fc2.weight 0.9 15800 0
5 fc3.weight 0.5 15930 0
6 fc3.weight 0.9 15890 0"
equal "the rest is dense" "$(column se/layers.csv level layer alive | sed -n '10,12p')" "3 fc1.weight 15680
3 fc2.weight 100
3 fc3.weight 100"
equal "and measured as it was drawn" "$(column se/levels.csv drawn_test_loss | tail -n 6 | rounded)" \
    "$(column se/levels.csv end_test_loss | tail -n 6 | rounded)"
claim "status knows how many levels there were" 0 "$ltcore" status se
says out "finished, 7 levels"

# early-bird
bird='scope="global"; output="full"; sparsity=[0.3,0.9];'
watch='early_bird={window=3; distance=0.08; check_every="10it";};'
claim "an early bird is drawn when masks stay alike" 0 "$ltcore" -q -c run.cfg -o bird \
    --set "prune={strategy=\"early-bird\"; $bird $watch}" --set 'variants=({name="random"; levels=[2];
    prune={mask={plugin="random";}; match="layer-density";};})'
equal "a level for each amount, a control when main is" "$(column bird/levels.csv variant level draw_at weights_alive)" \
"main 0  15980
main 1 60it 11186
main 2 40it 1598
random 2 40it 1598"
says err "main, trial 1, level 1: no early bird was found: no mask of 6 is within 0.08 of the 2 before it"
lacks err "level 2: no early bird"
claim "it is the mask of that moment" 0 "$ltcore" -q -c run.cfg -o shot \
    --set "prune={strategy=\"one-shot\"; $bird draw_at=40;}" --set 'retrain={steps=0;}'
equal "bit for bit" "$(rows bird/levels.csv main 2 mask_digest)" "$(rows shot/levels.csv main 2 mask_digest)"
claim "what was watched is stored" 0 "$ltcore" -q -c run.cfg -o bird2 \
    --set "prune={strategy=\"early-bird\"; $bird $watch}"
says out "Trained: 0 networks, 0 steps"
claim "as few masks as the window has are no watch" 2 "$ltcore" -c run.cfg -o no \
    --set "prune={strategy=\"early-bird\"; $bird early_bird={check_every=\"20it\";};}"
says err "gives 3 masks in a training of 60 steps; choose it so that there are from 5, the window, to 200"
claim "nor is a criterion that training does not change" 2 "$ltcore" -c run.cfg -o no \
    --set "prune={strategy=\"early-bird\"; $bird $watch mask={plugin=\"random\";};}"
says err "random looks at nothing that training changes"
printf '#!/bin/sh\ncat >/dev/null; echo no >&2; exit 7\n' >fails && chmod +x fails
claim "where the criterion fails no distances are told" 1 "$ltcore" -q -c run.cfg -o lost \
    --set "prune={strategy=\"early-bird\"; $bird $watch mask={plugin=\"exec\"; program=\"$work/fails\";};}"
equal "nor when a mask was drawn" "$(rows lost/levels.csv main 1 draw_at)" ""
claim "other strategies watch nothing" 2 "$ltcore" -c run.cfg -o no --set "prune={strategy=\"one-shot\"; $bird $watch}"
says err "prune.early_bird: does nothing with strategy"
claim "and what matches main is drawn with it" 2 "$ltcore" -c run.cfg -o no --set 'variants=({name="v";
    prune={strategy="early-bird"; sparsity=0.9; match="density"; early_bird={window=2; check_every="20it";};};})'
says err "watches masks of its own"
if command -v python3 >/dev/null; then
    for step in 10 20 30 40 50 60; do
        "$ltcore" -q -c run.cfg -o "at$step" --set "prune={strategy=\"one-shot\"; $bird draw_at=$step;}" \
            --set 'retrain={steps=0;}' >/dev/null 2>err || { wrong "a mask is drawn at $step"; cat err; }
    done
    cat >distances.py <<'PY'
import json, sqlite3, struct
def kept(step):
    with open(f"at{step}/tickets/main/t1/l02/mask.safetensors", "rb") as f:
        data = f.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    return b"".join(data[8 + size + a:8 + size + b] for a, b in
                    (header[k]["data_offsets"] for k in sorted(header) if k != "__metadata__"))
masks = {step: kept(step) for step in range(10, 61, 10)}
rows = sqlite3.connect("bird/results.db").execute("SELECT step, other, differ, total FROM mask_distance JOIN level ON "
    "level.id = mask_distance.level WHERE level.level = 2 ORDER BY step, other").fetchall()
for step, other, differ, total in rows:
    a, b = masks[step], masks[other]
    assert total == len(a) and differ == sum(x != y for x, y in zip(a, b)), (step, other, differ)
print(len(rows))
PY
    equal "every distance is that of the masks themselves" "$(python3 distances.py 2>&1)" 15
fi

# The standard controls beside any configuration.
cp "$etc/controls.cfg" . && cat >beside.cfg <<'CFG'
base  = ["run.cfg", "controls.cfg"];
train = { steps = 20; };
CFG
claim "a search for tickets says which controls it lacks" 0 "$ltcore" -q -c run.cfg -o lacks
says out "Not compared with fresh weights under the same masks, nor with random masks of the same density"
claim "one control is one less" 0 "$ltcore" -q -c run.cfg -o lacks --set 'variants=({name="r"; levels=[3]; prune={kept="reinit";};})' -o one
says out "Not compared with random masks of the same density in each layer"
claim "controls.cfg lies beside any of them" 0 "$ltcore" -q -c beside.cfg -o beside
lacks out "Not compared with"
says out "No dead or frozen weight moved"
equal "with as many weights in every layer" "$(column beside/layers.csv level layer alive | sort -u | wc -l)" 12
equal "five controls, of which one is drawn three times" "$(column beside/levels.csv variant | sort | uniq -c | awk '{ print $1 }' | xargs)" \
    "3 4 3 9 3 3"
claim "a global search too" 0 "$ltcore" -q -c beside.cfg -o global --set prune.scope=global --set run.trials=2
lacks out "@"
digests() { column "$1"/levels.csv variant level mask_digest | grep "^$2 $3 " | awk '{ print $NF }' | sort -u; }
starts() { column "$1"/levels.csv variant draw level start_test_loss | grep "^$2 [0-9]* $3 " | awk '{ print $NF }' | sort -u; }
equal "trap 26b: no control's mask is the ticket's that should not be" \
    "$(for v in 'random sparse' 'shuffled mask' 'largest at init'; do digests beside "$v" 3; done | grep -c "$(digests beside main 3)")" 0
equal "and no control starts as another does, nor as the ticket" \
    "$(for v in main 'random reinit' 'random sparse' 'shuffled mask' 'noisy init' 'largest at init'; do starts beside "$v" 3; done |
        sort -u | wc -l)" 8
equal "random reinit and noise have the ticket's masks" "$(digests beside 'random reinit' 3; digests beside 'noisy init' 3)" \
    "$(digests beside main 3; digests beside main 3)"
cat >late.cfg <<'CFG'
dataset = { plugin = "synthetic"; train = 1200; test = 300; validation = 200; };
arch    = { plugin = "mlp"; hidden = [20]; };
train   = { batch_size = 50; steps = 40; evaluate_every = 20; report_at = "end";
            optimizer = { type = "sgd"; lr = 0.1; momentum = 0.9; nesterov = true; };
            lr_schedule = { type = "multistep"; milestones = ["30it"]; }; };
prune   = { mask = { plugin = "identity"; }; strategy = "one-shot"; rewind_to = "20it"; };
variants = ( { name = "fresh"; retrain = { optimizer_state = "fresh"; }; } );
report  = { formats = []; };
CFG
claim "a network is rewound late and nothing is pruned" 0 "$ltcore" -q -c late.cfg -o late
equal "trap 25: it ends where the dense one does, and without its momentum elsewhere" \
    "$(column late/levels.csv variant level end_test_loss | awk '{ print $1, $2, !seen[$3]++ }' | xargs)" "main 0 1 main 1 0 fresh 1 1"
claim "a run that looks for no tickets lacks nothing" 0 "$ltcore" -q -c run.cfg -o none --set 'prune={strategy="none";}'
lacks out "Not compared with"
for file in "$etc"/han2015-lenet.cfg; do
    claim "$(basename "$file") is a configuration" 0 "$ltcore" -n -c "$file" -o dry --set run.store=nowhere \
        --set 'dataset={plugin="synthetic"; train=300; test=100; validation=50; height=28; width=28;}'
done
exit $failed
