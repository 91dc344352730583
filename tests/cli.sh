#!/bin/sh
# cli.sh LTCORE - the program as its user meets it: output, messages, exit codes. Says each claim, and fails at the end
# if one did not hold.
. "$(dirname "$0")/claims.sh"
ltcore=$1

cat >run.cfg <<'CFG'
dataset = { plugin = "synthetic"; train = 1200; test = 300; validation = 200; };
arch    = { plugin = "mlp"; hidden = [20]; };
train   = { batch_size = 50; steps = 40; evaluate_every = 15; optimizer = { type = "adam"; lr = 1e-2; }; };
prune   = { strategy = "none"; };
report  = { formats = []; };
CFG

claim "a run trains and prints a table" 0 "$ltcore" -c run.cfg
says out "test accuracy"
says out "Trained: 1 network, 40 steps"
says err "1/1  main, trial 1, level 0"
[ "$(wc -l <runs/run/history.csv)" = 5 ] || wrong "history.csv has a row at 0, 15, 30, 40"
cp runs/run/history.csv first.csv
claim "the same run again trains nothing and gives the same bytes" 0 "$ltcore" -q -c run.cfg
says out "Trained: 0 networks, 0 steps. From the store: 1"
cmp runs/run/history.csv first.csv || wrong "history.csv is the same"
[ ! -s err ] || { wrong "-q is quiet"; cat err; }
rm -rf share
claim "with an empty store it trains again, and gives the same bytes" 0 "$ltcore" -q -c run.cfg
says out "Trained: 1 network, 40 steps"
cmp runs/run/history.csv first.csv || wrong "history.csv is the same"
claim "the resolved run.cfg alone reproduces the run" 0 "$ltcore" -q -c runs/run/run.cfg -o again
cmp again/history.csv first.csv || wrong "history.csv is the same"
claim "the reference backend runs it too" 0 "$ltcore" -q -c run.cfg -o ref --set backend.plugin=ref
claim "another configuration's results are not overwritten" 2 "$ltcore" -c run.cfg --set run.seed=2
says err "run.seed (there 1, here 2)"
mkdir mine && echo precious >mine/notes
claim "a directory that is not a run's is left alone" 2 "$ltcore" -c run.cfg -o mine
says err "not a run's"
mkdir cut && touch cut/.lock cut/run.cfg.123.part
claim "a run that was killed while it wrote its first file goes on" 0 "$ltcore" -q -c run.cfg -o cut
[ -e cut/history.csv ] && [ ! -e cut/run.cfg.123.part ] || { wrong "and clears up"; ls cut; }
mkdir -p cut/plots cut/tickets/main/t1/l00 && touch cut/tickets/main/t1/l00/end.safetensors.123.0.part cut/plots/a.svg.123.part
"$ltcore" -q -c run.cfg -o cut >/dev/null 2>&1
[ -z "$(find cut -name "*.part")" ] || wrong "among tickets and plots too"
mkdir theirs && touch theirs/thesis.1.part
claim "what others began to download is left alone" 2 "$ltcore" -c run.cfg -o theirs
claim "a dry run writes nothing" 0 "$ltcore" -n -c run.cfg -o dry
says out "1 training of 40 steps"
[ ! -e dry ] || wrong "dry was made"
claim "two trials differ" 0 "$ltcore" -q -c run.cfg -o two --set run.trials=2
says out "2 trials"
[ "$(cut -d, -f 8- two/history.csv | sort -u | wc -l)" = 9 ] || wrong "two trials differ"
claim "no validation samples and report_at best is refused" 2 "$ltcore" -c run.cfg -o v --set dataset.validation=0
says err "report_at"
claim "without validation the end is reported" 0 "$ltcore" -q -c run.cfg -o v --set dataset.validation=0 \
    --set train.report_at=end
claim "zero steps evaluate the network as it is" 0 "$ltcore" -q -c run.cfg -o zero --set train.steps=0 \
    --set train.report_at=end
claim "a diverging training fails with the step and a remedy" 1 "$ltcore" -q -c run.cfg -o big \
    --set train.optimizer.lr=1e30 --set 'train.optimizer.type=sgd'
says err "not finite at step"

cat >wild.cfg <<'CFG'
dataset = { plugin = "synthetic"; width = 6; height = 6; classes = 3; train = 90; test = 30; validation = 30; };
arch    = { plugin = "mlp"; hidden = [8]; };
train   = { batch_size = 10; steps = 12; evaluate_every = 4; optimizer = { type = "sgd"; lr = 0.01; }; };
prune   = { mask = { plugin = "magnitude"; }; rate = 0.5; rounds = 2; };
variants = ( { name = "wild"; train = { optimizer = { lr = 1e18; }; }; } );
CFG
claim "a training whose loss is not finite takes with it what needs it, and no more" 1 "$ltcore" -c wild.cfg -o wild
says err "wild, trial 1, level 0: the training loss is not finite at step 2 (learning rate 1e+18), where the training ends"
says err "1 level failed, and 2 were not begun because of that; where a loss is not finite (1) only other settings help"
says out "FAILED: 1"
[ "$(cut -d, -f2,6,63 wild/levels.csv | tr '\n' ' ')" = "variant,level,status main,0,done main,1,done main,2,done wild,0,failed " ] ||
    { wrong "levels.csv says which"; cut -d, -f2,6,63 wild/levels.csv; }
[ "$(grep -c ^wild, wild/history.csv)" = 1 ] || wrong "and history.csv how far it came"
claim "the same command finds it where it was, and trains nothing" 1 "$ltcore" -q -c wild.cfg -o wild
says out "Trained: 0 networks, 0 steps. From the store: 3. FAILED: 1"
claim "a dry run knows of it" 0 "$ltcore" -n -c wild.cfg -o wild
says out "3 not to be done: a loss was not finite"
claim "status does not count it as done" 0 "$ltcore" status wild
says out "failed after 3 of 6 levels: a loss is not finite, and only other settings help"

claim "a dry run says what memory it takes" 0 "$ltcore" -n -c run.cfg -o dry
says out "memory: .* MiB for the data and .* MiB for each of 1 worker, .* in all; .* are available"
claim "data that fit no memory are refused before they are read" 1 "$ltcore" -c run.cfg -o large \
    --set dataset.train=100000000 --set dataset.width=1024 --set dataset.height=1024
says err "no memory: the samples of the data set take .* MiB, and .* MiB are available"
claim "a network that fits no memory is refused before anything is written" 1 "$ltcore" -c run.cfg -o large \
    --set 'arch.hidden=[46000, 46000, 46000, 46000, 46000, 46000]'
says err "no memory: the data take .* MiB and a training .* GiB, and .* are available"
[ ! -e large ] || wrong "and the directory was made"

claim "weights of a file are what it starts from" 0 "$ltcore" -q -c run.cfg -o loaded \
    --set arch.weights=runs/run/tickets/main/t1/l00/end.safetensors --set run.trials=2
[ "$(awk -F, '$6 == 40 { print $9, $11 }' runs/run/history.csv)" = "$(awk -F, '$6 == 0 { print $9, $11 }' loaded/history.csv | uniq)" ] ||
    wrong "with their losses, in both trials"
claim "and the training is made again to the byte" 0 "$ltcore" verify loaded
claim "weights of another network are refused" 2 "$ltcore" -c run.cfg -o other --set 'arch.hidden=[21]' \
    --set arch.weights=runs/run/tickets/main/t1/l00/end.safetensors
says err "arch.weights: .*fc1.weight is 20 x 784; the network's is 21 x 784; and 2 more do not fit"
claim "weights of a file and nothing else that varies make no trials" 2 "$ltcore" -c run.cfg -o other --set run.trials=3 \
    --set 'run.vary=["init"]' --set arch.weights=runs/run/tickets/main/t1/l00/end.safetensors
says err "run.vary: leaves 3 equal trials"
printf 'PK\003\004 what torch.save writes' >net.pth
claim "a pickle is refused with the Python that converts it" 2 "$ltcore" -c run.cfg -o other --set arch.weights=net.pth
says err "torch.load(.*safetensors.torch.save_file"

claim "summary counts parameters" 0 "$ltcore" summary -c run.cfg
says out "total"
claim "list shows the built-in plug-ins" 0 "$ltcore" list
says out "lenet-300-100"
says out "cpu-blas"
claim "list takes a kind" 0 "$ltcore" list backends
says out "ref"
claim "info prints options" 0 "$ltcore" info mlp
says out "hidden"
claim "info prints a backend's identity" 0 "$ltcore" info ref
says out "ltsdk/"
claim "help names the commands" 0 "$ltcore" help
says out "summary"
for command in run list info summary show eval status watch report verify store check help; do
    claim "help $command has usage, example and exit codes" 0 "$ltcore" help $command
    says out "^ltcore.*"
    says out "^Example: ltcore"
    says out "^Exit codes: 0"
done
claim "a command's --help is its page" 0 "$ltcore" watch --help
says out "^ltcore watch DIR"
claim "help on nothing known is wrong usage" 2 "$ltcore" help frobnicate
claim "help config prints the keys" 0 "$ltcore" help config
says out "evaluate_every"
claim "--version says which" 0 "$ltcore" --version
says out "ltcore [0-9]"

claim "no argument is wrong usage" 2 "$ltcore"
claim "an unknown command suggests the near one" 2 "$ltcore" summry -c run.cfg
says err "did you mean 'summary'"
claim "an unknown option is wrong usage" 2 "$ltcore" --frobnicate
claim "a missing configuration is named" 2 "$ltcore" -c nowhere.cfg
says err "nowhere.cfg"
claim "an unknown plug-in suggests the near one" 2 "$ltcore" -c run.cfg --set arch.plugin=mpl
says err "mlp"
claim "an unknown key suggests the near one" 2 "$ltcore" -c run.cfg --set train.stepps=3
says err "did you mean 'steps'"
claim "an unknown name has no info" 2 "$ltcore" info nothing-of-the-kind
claim "an unknown kind cannot be listed" 2 "$ltcore" list hats
claim "an output that cannot be written fails" 1 "$ltcore" -c run.cfg -o /proc/nowhere

# Tickets.
cat >ticket.cfg <<'CFG'
run     = { trials = 2; };
dataset = { plugin = "synthetic"; train = 1200; test = 300; validation = 200; };
arch    = { plugin = "mlp"; hidden = [20]; };
train   = { batch_size = 50; steps = 60; evaluate_every = 20; optimizer = { type = "adam"; lr = 1e-2; }; };
prune   = { mask = { plugin = "magnitude"; }; rate = 0.2; rounds = 3; };
variants = (
    { name = "random reinit"; levels = [2]; prune = { kept = "reinit"; }; },
    { name = "random sparse"; draws = 2; levels = [1, 3];
      prune = { mask = { plugin = "random"; }; match = "layer-density"; kept = "reinit"; }; }
);
report  = { formats = []; };
CFG
same() {                                      # same DIR DIR : results equal but for times
    for csv in levels layers history; do
        cut -d, -f 1-60,63- "$1/$csv.csv" >a.csv
        cut -d, -f 1-60,63- "$2/$csv.csv" >b.csv
        cmp a.csv b.csv || wrong "$1 and $2 have the same $csv.csv"
    done
    diff -r "$1/tickets" "$2/tickets" || wrong "$1 and $2 have the same tickets"
}
claim "a dry run of an iterative search says what waits for a mask" 0 "$ltcore" -n -c ticket.cfg -o j1
says out "18 trainings of 60 steps"
says out " 2 to be done$"
says out "16 to be done when the masks"
says out "ms a step$"
claim "tickets are searched on one worker" 0 "$ltcore" -q -c ticket.cfg -o j1 -j 1
says out "Trained: 18 networks, 1,080 steps. From the store: 0"
says out "No dead or frozen weight moved"
rm -rf share
claim "and on two" 0 "$ltcore" -q -c ticket.cfg -o j2 -j 2
same j1 j2
claim "a second run trains nothing" 0 "$ltcore" -q -c ticket.cfg -o again2
says out "Trained: 0 networks, 0 steps. From the store: 18"
same j1 again2
claim "a dry run says that nothing is left" 0 "$ltcore" -n -c ticket.cfg -o again2
says out "nothing is left to train$"
lacks out "ms a step"
mkdir -p edited/masks                         # the same criterion in a file of another digest
cp "$(dirname "$ltcore")/../lib/ltcore/plugins/masks/magnitude.so" edited/masks/ && echo >>edited/masks/magnitude.so
claim "a criterion built anew that says the same trains nothing" 0 "$ltcore" -q -c ticket.cfg -o rebuilt \
    --set 'plugins.path=["edited"]'
says out "Trained: 0 networks, 0 steps. From the store: 18"
claim "a variant more trains only its own" 0 "$ltcore" -q -c ticket.cfg -o more \
    --set 'variants=({name="final"; levels=[3]; prune={kept="final";};})'
says out "Trained: 2 networks, 120 steps. From the store: 8"
claim "a later rewind point replays the dense network up to it" 0 "$ltcore" -q -c ticket.cfg -o late \
    --set prune.rewind_to=10it --set 'variants=()'
says out "From the store: 0"
claim "another cadence replays" 0 "$ltcore" -q -c ticket.cfg -o cadence --set train.evaluate_every=15
cmp j1/tickets/main/t1/l03/end.safetensors cadence/tickets/main/t1/l03/end.safetensors || wrong "the bytes are the same"

claim "Zhou's ways to begin are variants" 0 "$ltcore" -q -c ticket.cfg -o zhou --set run.trials=1 --set 'variants=(
    {name="permute"; levels=[3]; prune={kept="permute";};}, {name="constant"; levels=[3]; prune={kept="signed-constant"; rescale=true;};},
    {name="noise"; levels=[3]; draws=2; prune={noise=1.0;};}, {name="or zero"; levels=[3]; prune={pruned="freeze-init-or-zero";};})'
says out "Trained: 5 networks, 300 steps. From the store: 4"
says out "No dead or frozen weight moved"
frozen=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } $2 == "or zero" { print $c["weights_frozen"], $c["weights_total"] - $c["weights_alive"] }' zhou/levels.csv)
[ "${frozen% *}" -gt 0 ] && [ "${frozen% *}" -lt "${frozen#* }" ] || wrong "some pruned weights are frozen, not all: $frozen"

claim "a criterion that refuses its options is refused before any training" 2 "$ltcore" -n -c ticket.cfg -o no \
    --set 'prune.mask={plugin="random"; mode="bernoulli";}' --set variants='()'
says err "keep"
claim "a formula that counts for itself takes no density" 2 "$ltcore" -c ticket.cfg -o no --set variants='()' \
    --set 'prune.mask={plugin="expression"; keep="wf > 0";}'
says err "prune.rate: does nothing with expression"
claim "a program that is not there is refused before any training" 2 "$ltcore" -n -c ticket.cfg -o no --set variants='()' \
    --set 'prune.mask={plugin="exec"; program="nowhere.py";}'
says err "prune.mask.program: .*nowhere.py: No such file"
claim "a variant with masks for another network is refused" 2 "$ltcore" -c ticket.cfg -o no \
    --set 'variants=({name="wide"; arch={hidden=[40];};})'
says err "its network is another than main's.*variant 'wide'"
claim "one that draws its own has a network, data and dense training of its own" 0 "$ltcore" -q -c ticket.cfg -o wide \
    --set 'variants=({name="wide"; arch={hidden=[40];}; prune={scope="layer";};}, {name="seeded"; dataset={seed=7;}; prune={scope="layer";};})'
claim "a dry run says that it timed main's network alone" 0 "$ltcore" -n -c ticket.cfg -o wide --set run.seed=9 \
    --set 'variants=({name="wide"; arch={hidden=[40];}; prune={scope="layer";};}, {name="seeded"; dataset={seed=7;}; prune={scope="layer";};})'
says out "ms a step, if every training takes what main's does$"
awk -F, '$6 == 0 { print $2, $23 }' wide/levels.csv >out
[ "$(sort -u out | wc -l)" = 3 ] || { wrong "and each reports it"; cat out; }
find share -name '*.safetensors' | head -n 40 | xargs rm -f
claim "what the store has lost is made again" 0 "$ltcore" -q -c ticket.cfg -o lost
same j1 lost

# Killed at moments of its own choosing, and gone on with: the same results.
rm -rf share
n=0
until timeout -s KILL "0.0$((n * 37 % 90 + 5))" "$ltcore" -q -c ticket.cfg -o killed -j 2 >/dev/null 2>&1; do
    n=$((n + 1))
    [ $n -lt 60 ] || break
done
[ $n -lt 60 ] || flock killed/.lock true      # one that is killed needs a moment to be gone
"$ltcore" -q -c ticket.cfg -o killed -j 2 >/dev/null
echo "holds: killed $n times, it goes on"
same j1 killed

"$ltcore" -q -c run.cfg -o stopped --set train.steps=2000000 --set train.evaluate_every=1000000 2>err &
sleep 1
kill -INT $!
wait $!
[ $? = 3 ] && echo "holds: an interrupt stops it with exit code 3" || { wrong "an interrupt stops it"; cat err; }

exit $failed
