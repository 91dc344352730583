#!/bin/sh
# valgrind.sh LTCORE PLUGINS BACKEND - nothing is read before it is written, nothing lost or used after its end: by runs of
# several kinds of backends, by the same with all stored, and by what is done with results. PLUGINS: where the backend
# `counted` is; BACKEND: the file of one that trains in cohorts. The cpu backend shows its portable kernels alone: valgrind
# knows no AVX-512, and not all of AVX2.
command -v valgrind >/dev/null || exit 77
config=$(cd "$(dirname "$0")" && pwd)/cohorts/run.cfg
. "$(dirname "$0")/claims.sh"
ltcore=$1 backend=$3
export LTCORE_PLUGIN_PATH="$2"

# clean TEXT COMMAND... : it ends with 0, and valgrind has nothing to say
clean() {
    text=$1
    shift
    claim "$text" 0 valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,possible \
        --num-callers=30 "$ltcore" "$@"
    lacks err '^=='
}

# a_run TEXT SETTING... : and the same again
a_run() {
    what=$1
    shift
    for setting; do
        set -- "$@" --set "$setting"
        shift
    done
    clean "$what" -q -j 2 -c "$config" --set run.trials=2 -o "out $what" "$@"
    says out "Trained: 16 networks"
    clean "$what, all stored" -q -j 2 -c "$config" --set run.trials=2 -o "out $what" "$@"
    says out "From the store: 16"
}

a_run "the reference backend" backend.plugin=ref
a_run "the cpu backend" backend.plugin=cpu backend.isa=portable
a_run "a cohort" run.seed=2 backend.plugin=counted "backend.file=$backend"
clean "the store is verified" store verify
clean "and cleaned" store gc
clean "the status is told" status "out a cohort"
clean "a report of two runs is made" report "out the cpu backend" "out a cohort" -o compared --format html --format svg
exit $failed
