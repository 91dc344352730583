#!/bin/sh
# cli_report.sh LTCORE ETC - figures and report.html as their user meets them: after a run, made again, of several runs.
# Where Chromium is installed the page is opened in it too.
tests=$(cd "$(dirname "$0")" && pwd)
. "$tests/claims.sh"
ltcore=$1 etc=$2

cat >run.cfg <<'CFG'
run     = { trials = 2; };
dataset = { plugin = "synthetic"; train = 1200; test = 300; validation = 200; };
arch    = { plugin = "mlp"; hidden = [20, 10]; };
train   = { batch_size = 50; steps = 40; evaluate_every = 10; optimizer = { type = "adam"; lr = 1e-2; }; };
prune   = { mask = { plugin = "magnitude"; }; rate = 0.4; rounds = 3; };
variants = ( { name = "random reinit"; prune = { kept = "reinit"; }; } );
CFG

claim "a run ends with its report" 0 "$ltcore" -q -c run.cfg -o one
says out "Report: .*/one/report.html"
there one/report.html one/plots/accuracy.csv one/plots/learning.csv one/plots/overlap.csv one/plots/weights.csv
if command -v gnuplot >/dev/null; then
    there one/plots/accuracy.svg one/plots/accuracy.png
else
    says err "apt-get install gnuplot-nox"
fi
says one/report.html '<td>run.cfg:5</td>'
says one/report.html 'id="levels"'

# first_of FIGURE: the mean at its first mark; at STEP: the mean of main's dense networks there
first_of() { sed -n '2s/^"main",1,\([^,]*\),.*/\1/p' "one/plots/$1.csv" | awk '{ printf "%.9f\n", $1 }'; }
at() { column one/history.csv variant level step test_acc | awk -v s="$1" '$1 == "main" && $2 == 0 && $3 == s {
    sum += $4; n++ } END { printf "%.9f\n", sum / n }'; }
equal "a third of 40 steps was evaluated last at 10" "$(first_of third)" "$(at 10)"
equal "two thirds at 20" "$(first_of two-thirds)" "$(at 20)"
equal "all of them at 40" "$(first_of end-test)" "$(at 40)"

claim "an empty list of formats makes nothing" 0 "$ltcore" -q -c run.cfg -o none --set 'report.formats=[]'
[ -e none/plots ] || [ -e none/report.html ] && wrong "something was made"
claim "what people look at is no part of a run's identity" 0 "$ltcore" -q -c run.cfg -o none --set report.matching=0.5
says out "From the store: 14"
says out "by 50 pp at most"
says none/report.html 'What was changed of run.cfg'
says none/report.html '<td>report.matching</td><td>not set</td><td class="n">0.5</td><td>--set</td>'
lacks one/report.html 'What was changed of'

if real=$(command -v gnuplot); then
    mkdir late
    cat >late/gnuplot <<SH
#!/bin/sh
kill -KILL \$PPID
"$real" "\$@"
echo yes >late/drew
SH
    chmod +x late/gnuplot
    claim "a run may be killed while gnuplot draws" 137 env PATH="$PWD/late:$PATH" "$ltcore" -q -c run.cfg -o killed
    for _ in $(seq 300); do [ -e late/drew ] || sleep 0.1; done
    there late/drew
    [ -z "$(find killed/plots -name '*.part')" ] || wrong "what outlives it leaves nothing"
fi

rm -r one/plots one/report.html
claim "a report is made again from the database" 0 "$ltcore" report one
there one/report.html one/plots/accuracy.csv
claim "tables are printed as Markdown, and no file is made" 0 "$ltcore" report none one --format md
says out '^| main | 0 | 100.00 | 2 |'
claim "runs are compared where -o says" 0 "$ltcore" report one none -o both --format html
there both/report.html both/plots/accuracy.csv
claim "several runs need a place" 2 "$ltcore" report one none
says err "Name a directory with -o DIR"
claim "a format is one of five" 2 "$ltcore" report one --format pdf
says err "none of html, svg, png, csv, md"
claim "a directory without results is told" 1 "$ltcore" report nowhere
says err "nowhere/results.db"
claim "a variant has no report of its own" 2 "$ltcore" -c run.cfg --set 'variants[random reinit].report.matching=0.1'

claim "masks along a training have figures" 0 "$ltcore" -q -c run.cfg -o bird --set run.trials=1 --set variants='()' \
    --set 'prune={strategy="early-bird"; sparsity=[0.3,0.9]; early_bird={window=2; check_every="10it";};}'
there bird/plots/early-bird.csv bird/plots/distance-l01.csv bird/plots/distance-l02.csv
if command -v gnuplot >/dev/null; then there bird/plots/distance-l01.svg bird/plots/distance-l01.png; fi

# Hooks: lines of JSON to programs, none of which can hurt the run.
hook() { printf '#!/bin/sh\n%s\n' "$2" >"$1" && chmod +x "$1"; }
hook to-file 'cat >lines.json'
hook dies 'exit 1'
hook blocks 'sleep 1000'
hook slow 'sleep 1; cat >slow.json'
claim "a hook gets a line for each thing that happens" 0 "$ltcore" -q -c run.cfg -o hooked --set 'report.hooks=["to-file"]' \
    --set 'report.formats=[]'
[ "$(grep -c '"event":"level"' lines.json)" = 14 ] && [ "$(grep -c '"event":"evaluation"' lines.json)" = 70 ] ||
    { wrong "the hook's lines are others"; cat lines.json; }
head -1 lines.json | grep -q '"event":"run".*"name":"run"' && tail -1 lines.json | grep -q '"event":"end","status":"done"' ||
    wrong "the hook's first and last line are others"
claim "hooks that die, block and are slow do no harm" 0 "$ltcore" -q -c run.cfg -o hooked \
    --set 'report.hooks=["dies", "blocks", "slow"]' --set 'report.formats=[]'
says out "From the store: 14"
says err "the hook .*/dies did not read to the end"
says err "the hook .*/blocks did not read to the end"
there slow.json
claim "a hook that cannot be started is refused" 2 "$ltcore" -q -c run.cfg -o hooked --set 'report.hooks=["lines.json"]'
says err "report.hooks: .*lines.json cannot be started"
if command -v python3 >/dev/null; then
    mkdir -p stub
    cat >stub/tensorboardX.py <<'PY'
class SummaryWriter:
    def __init__(self, where): self.where = where
    def add_scalar(self, key, value, step): open("scalars", "a").write(f"{self.where} {key} {value} {step}\n")
    def close(self): pass
PY
    cat >stub/wandb.py <<'PY'
class Run:
    summary = {}
    def log(self, row): open("logged", "a").write(f"{sorted(row)}\n")
    def finish(self): open("logged", "a").write(f"finished {len(self.summary)}\n")
def init(**how): return Run()
PY
    export PYTHONPATH="$work/stub"
    claim "TensorBoard and W&B follow a run" 0 "$ltcore" -q -c run.cfg -o hooked --set 'report.formats=[]' \
        --set "report.hooks=[\"$etc/hooks/to-tensorboard\", \"$etc/hooks/to-wandb\"]"
    lacks err "did not read"
    there scalars logged
    [ "$(grep -c 'main/t1/d0/l00 test_acc' scalars)" = 5 ] || wrong "TensorBoard got others"
    says logged 'finished 42'
fi

# Where Python has them: the examples that come with the SDK.
has() { python3 -c "import $1" 2>/dev/null; }
if has pandas,matplotlib; then
    claim "figure 4a is drawn by the example" 0 env MPLBACKEND=Agg python3 "$tests/../sdk/examples/figure.py" one figure.png
    there figure.png
fi
if has torch,safetensors; then
    claim "a ticket is a network of PyTorch's" 0 "$ltcore" -q -c run.cfg -o lenet --set 'arch={plugin="lenet-300-100";}' \
        --set run.trials=1 --set prune.rounds=1 --set 'report.formats=[]'
    claim "and the example loads it" 0 python3 "$tests/../sdk/examples/ticket.py" lenet/tickets/main/t1/l01
    equal "with its mask" "$(grep -c ', 0 pruned weights are not 0' out)" 3
fi

# What the page does, in a browser: a script of ours is put behind the page's own, and the title tells.
browser=$(command -v chromium || command -v chromium-browser) || browser=
look() {
    timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
        --virtual-time-budget=5000 "$@" 2>/dev/null
}
if [ -n "$browser" ]; then
    cat >probe.txt <<'JS'
<script>
const shown = name => Chart.getChart(document.querySelector("#figure-accuracy canvas")).data.datasets
  .some((set, i, all) => set.key === name && Chart.getChart(document.querySelector("#figure-accuracy canvas")).isDatasetVisible(i));
const button = [...document.querySelectorAll(".legend button")].find(b => b.dataset.series === "random reinit");
const before = shown("random reinit");
button.click();
const after = shown("random reinit"), pressed = button.getAttribute("aria-pressed");
const header = document.querySelector("#levels th:nth-child(5) button");
header.click();
const column = [...document.querySelectorAll("#levels tbody tr")].map(r => parseFloat(r.cells[4].textContent));
const sorted = column.every((v, i) => !i || column[i - 1] <= v);
const blank = [...document.querySelectorAll("figure canvas")].filter(c => !c.width || !c.height).length;
const wide = document.documentElement.scrollWidth > innerWidth;
document.body.dataset.probe = [before, after, pressed, sorted, blank, wide,
  document.querySelectorAll("figure").length === document.querySelectorAll("figure canvas").length].join(" ");
</script>
JS
    { cat one/report.html; cat probe.txt; } >probe.html
    look --window-size=1280,900 --dump-dom "file://$work/probe.html" >dom.txt
    says dom.txt 'data-probe="true false false true 0 false true"'
    look --window-size=500,900 --dump-dom "file://$work/probe.html" >dom.txt
    says dom.txt 'data-probe="true false false true 0 false true"'
    if command -v python3 >/dev/null; then
        claim "five hundred trainings have a report" 0 "$ltcore" -q -c run.cfg -o many --set run.trials=1 \
            --set train.evaluate_every=1 --set report.formats='["csv"]'
        equal "of so many levels" "$(python3 "$tests/many_trials.py" many/results.db 72)" 504
        claim "made from the database" 0 "$ltcore" report many
        claim "that is small, and opens fast" 0 python3 "$tests/browser.py" opens many/report.html
        cat out
        claim "pages are quiet" 0 python3 "$tests/browser.py" quiet one/report.html both/report.html bird/report.html
        claim "whoever has a pointer or keys alone can use them" 0 python3 "$tests/browser.py" used one/report.html \
            both/report.html
        claim "on paper no figure is cut" 0 python3 "$tests/browser.py" print one/report.html both/report.html \
            bird/report.html many/report.html
    fi
else
    echo "no Chromium here: the page was not opened"
fi
exit $failed
