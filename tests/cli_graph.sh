#!/bin/sh
# cli_graph.sh LTCORE ETC - a network that is described in a text file, as its user meets it: shown, trained, pruned and
# refused, without a compiler. Says each claim, and fails at the end if one did not hold.
. "$(dirname "$0")/claims.sh"
ltcore=$1 etc=$2

cp "$etc/synthetic-graph.cfg" run.cfg
cp -r "$etc/nets" nets
claim "a described network is shown layer by layer" 0 "$ltcore" summary -c run.cfg
says out "^block.1.bn2 .* 8 x 6 x 6 "
says out "^total  *2,770 "
claim "it trains, is pruned and rewound" 0 "$ltcore" -q -c run.cfg -o first
says out "Trained: 4 networks, 240 steps"
says out "No dead or frozen weight moved"
[ -s first/tickets/main/t1/l03/mask.safetensors ] || wrong "and leaves a mask"
sed -e '/^#/d' -e 's/stride = 1; //; s/ as = "deep"/ as = "thick"/; s/\["deep"/["thick"/' nets/small.net >nets/moved.net
claim "comments, names of values and the file's place change no result" 0 "$ltcore" -q -c run.cfg -o moved \
    --set 'arch.file="nets/moved.net"'
says out "Trained: 0 networks, 0 steps. From the store: 4"
sed -i 's/out = 8/out = 6/' nets/moved.net
claim "another width is another network" 0 "$ltcore" -q -c run.cfg -o narrow --set 'arch.file="nets/moved.net"'
says out "Trained: 4 networks, 240 steps. From the store: 0"

cat >plain.cfg <<'CFG'
dataset = { plugin = "synthetic"; train = 600; test = 300; validation = 200; };
arch    = { plugin = "lenet-300-100"; };
train   = { batch_size = 50; steps = 10; optimizer = { type = "adam"; lr = 1e-3; }; };
prune   = { strategy = "none"; };
report  = { formats = []; };
CFG
claim "a plug-in's network trains" 0 "$ltcore" -q -c plain.cfg -o plain
says out "Trained: 1 network, 10 steps"
claim "and its description finds that training in the store" 0 "$ltcore" -q -c plain.cfg -o described \
    --set 'arch={plugin="graph"; file="nets/lenet-300-100.net";}'
says out "Trained: 0 networks, 0 steps. From the store: 1"

sed -i 's/in = \["bn2", "input"\]/in = ["bn2", "start"]/' nets/small.net
claim "a layer that does not fit is refused by both places" 2 "$ltcore" -n -c run.cfg -o bad
says err "^ltcore: .*run.cfg:5: arch.file: /.*/nets/small.net:14: block.0.add1: its inputs differ in shape"
claim "a file that is not there is named" 2 "$ltcore" summary -c run.cfg --set 'arch.file="nets/gone.net"'
says err "nets/gone.net: cannot be read: No such file"
claim "a description is asked for" 2 "$ltcore" summary -c run.cfg --set 'arch={plugin="graph";}'
says err "arch.file"
claim "info says what it takes" 0 "$ltcore" info graph
says out "docs/graph.md"

exit $failed
