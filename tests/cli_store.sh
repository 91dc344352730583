#!/bin/sh
# cli_store.sh LTCORE - what a run leaves behind, as its user meets it: show, eval, status, watch, verify,
# store. Says each claim, and fails at the end if one did not hold.
. "$(dirname "$0")/claims.sh"
ltcore=$1
store=$XDG_DATA_HOME/ltcore/store

cat >run.cfg <<'CFG'
dataset  = { plugin = "synthetic"; train = 1200; test = 300; validation = 200; };
arch     = { plugin = "mlp"; hidden = [20]; };
train    = { batch_size = 50; steps = 40; evaluate_every = 15; optimizer = { type = "adam"; lr = 1e-2; }; };
prune    = { mask = { plugin = "magnitude"; }; rate = 0.2; rounds = 2; };
variants = ( { name = "random reinit"; draws = 2; prune = { kept = "reinit"; }; } );
report  = { formats = []; };
CFG

claim "before a run there is no store, and asking makes none" 0 "$ltcore" store stats
says out "no store yet"
[ ! -e "$store" ] || wrong "a store was made"
"$ltcore" -q -c run.cfg >out 2>err || { cat out err; exit 1; }
main=runs/run/tickets/main/t1

# show
claim "a ticket directory shows its files" 0 "$ltcore" show $main/l02
says out "^mask .*15,880 elements .* alive .*64\.21 %"
says out "^end "
says out "^variant *main"
claim "a mask alone shows a density per layer and in all" 0 "$ltcore" show $main/l02/mask.safetensors
says out "fc1.weight .*20 x 784 .*U8 .*15,680 .*64\.00 %"
says out "^all .*15,880 .*64\.21 %"
claim "weights show what they are" 0 "$ltcore" show $main/l02/best.safetensors
says out "zeros .*min .*max .*mean .*std"
says out "fc1.weight .*F32 .*15,680"
says out "^role *best"
claim "a tensor shows values and a histogram" 0 "$ltcore" show $main/l02/best.safetensors fc1.weight
says out "^values "
[ "$(grep -c ' \.\. .*#' out)" = 16 ] || wrong "there are 16 bins with a bar"
total=$(awk '/ \.\. / { gsub(",", "", $4); sum += $4 } END { print sum }' out)
[ "$total" = 15680 ] || wrong "the bins hold every element ($total)"
claim "a tensor of a directory is shown from each file that has it" 0 "$ltcore" show $main/l02 fc1.bias
grep -q '^mask$' out && wrong "the mask has no bias"
says out "^start$"
claim "an unknown tensor suggests the near one" 2 "$ltcore" show $main/l02/best.safetensors fc1.wieght
says err "did you mean 'fc1.weight'"
object=$(find "$store/objects" -name '*.safetensors' | head -1)
claim "an object of the store can be shown" 0 "$ltcore" show "$object"
claim "a ticket that is not there is wrong usage" 2 "$ltcore" show nowhere
says err "nowhere: No such file"
claim "a directory without tickets says where they are" 2 "$ltcore" show runs/run
says err 'tickets/VARIANT\[/pNN\]'
head -c 300 $main/l02/best.safetensors >short.safetensors
claim "a file that is cut off is damaged" 1 "$ltcore" show short.safetensors
printf '\132\0\0\0\0\0\0\0{"__metadata__":{"by":"\\u001b[2Jme"},"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' >escape.safetensors
claim "what a stranger's file says cannot command the terminal" 0 "$ltcore" show escape.safetensors
says out "^by *\[2Jme"
claim "show needs a word" 2 "$ltcore" show

# eval
claim "a ticket is evaluated on every split" 0 "$ltcore" eval $main/l02 -c run.cfg
says out "^train .*1,000"
says out "^validation .*200"
accuracy=$(awk '$1 == "test" { print $4 }' out)
expected=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["variant"] == "main" && $at["level"] == 2 {
        printf "%.2f", 100 * $at["best_test_acc"] }' runs/run/levels.csv)
[ "$accuracy" = "$expected" ] || wrong "the accuracy is that of levels.csv ($accuracy, not $expected)"
claim "the reference backend evaluates it too" 0 \
    "$ltcore" eval $main/l02/end.safetensors -c run.cfg --set backend.plugin=ref
claim "weights of another network are refused" 2 \
    "$ltcore" eval $main/l02 -c run.cfg --set 'arch.hidden=[30,10]'
says err "fc1.weight is 20 x 784; the network's is 30 x 784"
says err "fc3.weight is missing"
claim "what the network does not have is named" 2 "$ltcore" eval $main/l02 -c run.cfg --set 'arch.hidden=[]'
says err "fc2.bias is unexpected"
claim "a mask is no weights" 2 "$ltcore" eval $main/l02/mask.safetensors -c run.cfg
says err "holds a mask"
claim "eval needs a configuration" 2 "$ltcore" eval $main/l02
says err "name one with -c"

# status and watch
claim "a finished run says so" 0 "$ltcore" status runs/run
says out "finished, 7 levels"
says out "results: runs/run/levels.csv"
says out "^random reinit *4 *4"
[ -z "$(find runs/run -name 'results.db-*')" ] || wrong "looking leaves nothing behind"
claim "watch ends with the run" 0 "$ltcore" watch runs/run
says out "finished"
mkdir early && cp runs/run/run.cfg early && : >early/results.db
claim "a run without tables yet says so" 0 "$ltcore" status early
says out "nothing was measured"
claim "a directory that is not there is wrong usage" 2 "$ltcore" status nowhere
says err "nowhere: .*No such file"
claim "a directory without a run is wrong usage" 2 "$ltcore" status share
says err "no run.cfg"
"$ltcore" -q -c run.cfg -o long --set train.steps=2000000 --set train.evaluate_every=100 \
    --set run.save_every=0.1 --set run.seed=7 >/dev/null 2>err &
run=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.5
    "$ltcore" status long 2>/dev/null | grep -q "level 0: step .* to go" && break
done
claim "a run that goes on says how far it is" 0 "$ltcore" status long
says out "going on, 0 of 7 levels"
says out "^main, trial 1, level 0: step [0-9,]* of 2,000,000; training loss .* steps/s, .* to go"
says out "main, trial 1, level 0: evaluated at step .* of 2,000,000; validation loss"
claim "watch prints once into a pipe" 0 "$ltcore" watch long
[ "$(grep -c "going on" out)" = 1 ] || wrong "it printed more than once"
find "$store/objects" "$store/records" -type f -exec touch -d '3 days ago' {} +
find "$store/records" -name "*.rec" | sort >before
claim "gc keeps what a training that is under way rests on" 0 "$ltcore" store gc
[ -z "$(find "$store/records" -name "*.rec" | sort | comm -23 before -)" ] || wrong "a record was removed"
find "$store/objects" "$store/records" -type f -exec touch {} +
kill -INT $run
wait $run
claim "a stopped run says so" 0 "$ltcore" status long
says out "stopped after 0 of 7 levels"
lacks out "^now:"
[ ! -e long/.live ] || wrong "what it trained is said no more"
"$ltcore" -q -c run.cfg -o big --set train.optimizer.lr=1e30 --set train.optimizer.type=sgd >/dev/null 2>&1
claim "a failed run says why" 0 "$ltcore" status big
says out "failed after 0 of 7 levels: a loss is not finite, and only other settings help"
says out "not finite at step"
lacks out "the same command"
"$ltcore" -q -c run.cfg -o part -j 2 --set 'sweep=({key="train.optimizer.lr"; values=[1e30, 0.01];})' \
    --set train.optimizer.type=sgd --set train.steps=2000000 >/dev/null 2>err &
run=$!
for _ in $(seq 120); do
    sleep 0.5
    "$ltcore" status part 2>/dev/null | grep -q "not finite at step" && break
done
kill -INT $run
wait $run
claim "one that was stopped beside it says what goes on and what does not" 0 "$ltcore" status part
says out "failed after 0 of 14 levels; the same command goes on with 7, and where a loss is not finite only other settings help"

# verify
find "$store" -type f | sort >before
claim "the dense network trains to the same bytes" 0 "$ltcore" verify runs/run
says out "^main/t1/l00: identical: [0-9]* stored states, steps 0 to 40"
claim "a ticket trains to the same bytes" 0 "$ltcore" verify runs/run main/t1/l02
says out "identical"
claim "a control trains to the same bytes" 0 "$ltcore" verify runs/run "random reinit/t1/d2/l01"
find "$store" -type f | sort | cmp - before || wrong "verifying writes nothing"
claim "a training that is not of the run is wrong usage" 2 "$ltcore" verify runs/run main/t9/l00
says err 'VARIANT\[/pNN\]/tN\[/dN\]/lNN'
claim "what is not stored cannot be verified" 1 "$ltcore" verify runs/run --set backend.plugin=ref
says err "not stored whole, as trained by this backend"
key=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["variant"] == "main" { print $at["training"] }' runs/run/levels.csv)
first=$(echo "$key" | sed -n 1p) second=$(echo "$key" | sed -n 2p)
record() { echo "$store/records/$(echo "$1" | cut -c1-2)/$(echo "$1" | cut -c3-).rec"; }
other=$(sed -n 's/^state 40 //p' "$(record "$second")")
cp "$(record "$first")" kept.rec
sed 1d kept.rec | sed "s/^state 40 .*/state 40 $other/" >text
{ echo "ltcore-record 1 $first $(sha256sum text | cut -c1-64)"; cat text; } >"$(record "$first")"
claim "other bytes are found, and said" 1 "$ltcore" verify runs/run
says out "main/t1/l00: differs at step 40: value of fc1"
cp kept.rec "$(record "$first")"

# store
claim "stats counts" 0 "$ltcore" store stats
says out "^holds .* objects and .* records, .* MiB"
claim "a sound store is sound" 0 "$ltcore" store verify
says out "^damaged *0 files"
claim "the store of a configuration is another one" 0 \
    "$ltcore" store stats -c run.cfg --set run.store=elsewhere
says out "elsewhere: there is no store yet"
claim "gc keeps what a run needs" 0 "$ltcore" store gc
says out "^removed *0 files"
find "$store/objects" "$store/records" -type f -exec touch -d '3 days ago' {} +
claim "gc keeps what a run needs, however old" 0 "$ltcore" store gc
rm "$store"/roots/*
claim "gc removes what no run needs" 0 "$ltcore" store gc
says out "^removed *[1-9][0-9]* files, .* MiB"
"$ltcore" -q -c run.cfg >out 2>err || { cat out err; failed=1; }
object=$(find "$store/objects" -name '*.safetensors' -size +20k | head -1)
printf 'x' | dd of="$object" bs=1 seek=20000 conv=notrunc 2>/dev/null
claim "a damaged object is found and named" 1 "$ltcore" store verify
says out "moved to .*quarantine"
says out "^damaged *1 file"
claim "an unknown action is wrong usage" 2 "$ltcore" store clean
says err "stats, verify, gc"
claim "there is no dry run of gc" 2 "$ltcore" store gc -n
claim "--set without a configuration is wrong usage" 2 "$ltcore" store gc --set run.store=x

# What goes while a run is at work, as when another process finds it damaged: the run begins again, and has it made.
cat >takes-away <<'HOOK'
#!/bin/sh
while read -r line; do
    case $line in *'"level"'*) [ -e taken ] || { echo yes >taken; rm -f lost/objects/*/*; } ;; esac
done
HOOK
chmod +x takes-away
claim "a run from under which objects are taken begins again and makes them" 0 "$ltcore" -q -c run.cfg -o robbed \
    --set run.store=lost --set 'report.hooks=["./takes-away"]' --set train.steps=4000 --set train.evaluate_every=4000
there taken
says err "that was there is gone from the store"
says err "the run begins again"
exit $failed
