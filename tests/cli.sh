#!/bin/sh
# cli.sh LTCORE - the program as its user meets it: output, messages, exit codes. Says each claim, and fails at the end
# if one did not hold.
set -u
ltcore=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

cat >run.cfg <<'CFG'
dataset = { plugin = "synthetic"; train = 1200; test = 300; validation = 200; };
arch    = { plugin = "mlp"; hidden = [20]; };
train   = { batch_size = 50; steps = 40; evaluate_every = 15; optimizer = { type = "adam"; lr = 1e-2; }; };
prune   = { strategy = "none"; };
CFG

# claim TEXT CODE COMMAND... : the command ends with that code; its output is in out and err
claim() {
    text=$1 code=$2
    shift 2
    "$@" >out 2>err
    got=$?
    if [ "$got" = "$code" ]; then echo "holds: $text"; else
        echo "FAILS: $text (exit code $got, not $code)"; cat out err; failed=1; fi
}
# says FILE PATTERN : the last command's output has it
says() {
    grep -q -- "$2" "$1" && return
    echo "FAILS: ... and says '$2'"; cat "$1"; failed=1
}

claim "a run trains and prints a table" 0 "$ltcore" -c run.cfg
says out "best step"
says out "test accuracy at the best validation loss"
says err "trial 1/1: 40 steps"
[ "$(wc -l <runs/run/history.csv)" = 5 ] || { echo "FAILS: history.csv has a row at 0, 15, 30, 40"; failed=1; }
cp runs/run/history.csv first.csv
claim "the same run again gives the same bytes" 0 "$ltcore" -q -c run.cfg
cmp runs/run/history.csv first.csv || failed=1
[ ! -s err ] || { echo "FAILS: -q is quiet"; cat err; failed=1; }
claim "the resolved run.cfg alone reproduces the run" 0 "$ltcore" -q -c runs/run/run.cfg -o again
cmp again/history.csv first.csv || failed=1
claim "the reference backend runs it too" 0 "$ltcore" -q -c run.cfg -o ref --set backend.plugin=ref
claim "another configuration's results are not overwritten" 2 "$ltcore" -c run.cfg --set run.seed=2
says err "another configuration"
claim "a dry run writes nothing" 0 "$ltcore" -n -c run.cfg -o dry
says out "1 training of 40 steps"
[ ! -e dry ] || { echo "FAILS: dry was made"; failed=1; }
claim "two trials differ, and both are reported" 0 "$ltcore" -c run.cfg -o two --set run.trials=2
says out "2 trials"
claim "no validation samples and report_at best is refused" 2 "$ltcore" -c run.cfg -o v --set dataset.validation=0
says err "report_at"
claim "without validation the end is reported" 0 "$ltcore" -q -c run.cfg -o v --set dataset.validation=0 \
    --set train.report_at=end
claim "zero steps evaluate the network as it is" 0 "$ltcore" -q -c run.cfg -o zero --set train.steps=0 \
    --set train.report_at=end
claim "a diverging training fails with the step and a remedy" 1 "$ltcore" -q -c run.cfg -o big \
    --set train.optimizer.lr=1e30 --set 'train.optimizer.type=sgd'
says err "not finite at step"

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

"$ltcore" -q -c run.cfg -o stopped --set train.steps=2000000 --set train.evaluate_every=1000000 2>err &
sleep 1
kill -INT $!
wait $!
[ $? = 3 ] && echo "holds: an interrupt stops it with exit code 3" || { echo "FAILS: an interrupt stops it"; cat err; failed=1; }

exit $failed
