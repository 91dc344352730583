#!/bin/sh
# emulated.sh LTCORE EMULATED PLUGINS - the backend for CUDA as its user meets it: on the emulated device, and, where it
# was built, on a machine without a GPU. Says each claim, and fails at the end if one did not hold.
. "$(dirname "$0")/../claims.sh"
ltcore=$1 emulated=$2 plugins=$3

cat >run.cfg <<'CFG'
dataset = { plugin = "synthetic"; train = 300; test = 100; validation = 50; };
arch    = { plugin = "mlp"; hidden = [20]; };
train   = { batch_size = 25; steps = 30; evaluate_every = 15; optimizer = { type = "adam"; lr = 1e-2; }; };
prune   = { mask = { plugin = "magnitude"; }; strategy = "iterative"; rate = 0.5; rounds = 2; };
CFG

export LTCORE_PLUGIN_PATH="$emulated"
claim "a ticket is found on it" 0 "$ltcore" -q -c run.cfg -o one --set backend.plugin=cuda
says out "Trained: 3 networks, 90 steps"
rm -rf share
claim "again, the bytes are the same" 0 "$ltcore" -q -c run.cfg -o two --set backend.plugin=cuda
cmp one/history.csv two/history.csv || failed=1
claim "it convolves by cuDNN, unless told otherwise" 0 "$ltcore" info cuda
says out "^identity  *cuda/.* cudnn-9\.0\.1\$"
claim "its trainings are not those of another backend" 0 "$ltcore" -q -c run.cfg -o three --set backend.plugin=ref
says out "Trained: 3 networks, 90 steps"

unset LTCORE_PLUGIN_PATH
if [ -e "$plugins/backends/cuda.so" ] && ! [ -e /dev/nvidia0 ]; then
    claim "without a GPU it says so" 1 "$ltcore" -q -c run.cfg -o four --set backend.plugin=cuda
    says err "no CUDA device: "
fi
exit $failed
