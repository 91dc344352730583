#!/bin/sh
# cli_plugins.sh LTCORE SDK CC - plug-ins as the program's user meets them: listed, looked into, broken, blamed; and the
# words of the command line. Says each claim, and fails at the end if one did not hold.
. "$(dirname "$0")/claims.sh"
ltcore=$1 sdk=$2 cc=$3

# build KIND NAME : NAME.c becomes own/KIND/NAME.so
build() {
    mkdir -p "own/$1"
    "$cc" -shared -fPIC -I "$sdk/include" "$2.c" -o "own/$1/$2.so" || exit 1
}

cp "$sdk/examples/growth.c" .
build masks growth
mkdir -p own/arch && echo "not a library" >own/arch/broken.so && chmod 644 own/arch/broken.so
cat >crash.c <<'C'
#include <stdlib.h>
#include <ltcore/mask.h>
__attribute__((constructor)) static void crash(void) { abort(); }
C
build masks crash

# Each kind of plug-in once with an option "width", which it blames, and once without a word.
cat >narrow.c <<'C'
#include <string.h>
#include <ltcore/ops.h>
#include <ltcore/backend.h>
typedef struct opts { int64_t width; } opts;
static const ltc_opt opt[] = { LTC_INT(opts, width, 1, 0, 9, "of no use") };
static const ltc_schema schema = LTC_SCHEMA(opts, opt);
static ltc_status build(const void *o, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    *logits = ltc_linear(b, ltc_flatten(b, b->input), "fc", (ltc_linear_args){ .out = b->n_classes });
    if (((const opts *)o)->width == 7)
        return LTC_EIO;
    return ((const opts *)o)->width == 8 ? ltc_fail_opt(err, "width", "no eights") : LTC_OK;
}
static const ltc_arch_ops arch_ops = { LTC_ARCH_OPS, .build = build };
static const ltc_module arch = { LTC_MODULE(LTC_ARCH, arch_ops), .name = "narrow", .version = "1", .summary = "narrow",
                                 .schema = &schema };
LTC_PLUGIN(&arch);
C
build arch narrow
cat >named.c <<'C'
#include <ltcore/backend.h>
typedef struct opts { int64_t width; } opts;
static const ltc_opt opt[] = { LTC_INT(opts, width, 5, 0, 9, "of no use") };
static const ltc_schema schema = LTC_SCHEMA(opts, opt);
static ltc_status open(const ltc_host *h, const void *o, void **dev, ltc_error *err)
{
    (void)h;
    *dev = (void *)(uintptr_t)o;
    return ((const opts *)o)->width == 8 ? ltc_fail_opt(err, "width", "no eights either") : LTC_OK;
}
static void shut(void *p) { (void)p; }
static ltc_status identity(void *dev, char *text, size_t n, ltc_error *err)
{
    (void)err;
    snprintf(text, n, "named/1 of width %d", (int)((const opts *)dev)->width);
    return LTC_OK;
}
static ltc_status no(ltc_error *err) { return ltc_fail(err, LTC_EUNSUPPORTED, "no"); }
static ltc_status plan(void *d, const ltc_compile_req *r, ltc_plan *p, ltc_error *e) { (void)d, (void)r, (void)p; return no(e); }
static ltc_status data(void *d, const ltc_data_desc *r, void **p, ltc_error *e) { (void)d, (void)r, (void)p; return no(e); }
static ltc_status comp(void *d, const ltc_compile_req *r, void **p, ltc_error *e) { (void)d, (void)r, (void)p; return no(e); }
static ltc_status bind(void *d, uint32_t s, void *p, ltc_error *e) { (void)d, (void)s, (void)p; return no(e); }
static ltc_status put(void *d, uint32_t w, uint32_t r, uint32_t p, const void *s, size_t n, ltc_error *e)
{ (void)d, (void)w, (void)r, (void)p, (void)s, (void)n; return no(e); }
static ltc_status get(void *d, uint32_t w, uint32_t r, uint32_t p, void *s, size_t n, ltc_error *e)
{ (void)d, (void)w, (void)r, (void)p, (void)s, (void)n; return no(e); }
static ltc_status ready(void *d, ltc_error *e) { (void)d; return no(e); }
static ltc_status train(void *d, const ltc_train_req *r, ltc_train_out *o, ltc_error *e) { (void)d, (void)r, (void)o; return no(e); }
static ltc_status eval(void *d, const ltc_eval_req *r, ltc_eval_out *o, ltc_error *e) { (void)d, (void)r, (void)o; return no(e); }
static const ltc_backend_ops ops = {
    LTC_BACKEND_OPS, .open = open, .close = shut, .identity = identity, .plan = plan, .data_open = data,
    .data_close = shut, .compile = comp, .release = shut, .bind = bind, .put = put, .get = get, .ready = ready,
    .train = train, .eval = eval,
};
static const ltc_module backend = { LTC_MODULE(LTC_BACKEND, ops), .name = "named", .version = "1", .summary = "named",
                                    .schema = &schema };
LTC_PLUGIN(&backend);
C
build backends named
cat >run.cfg <<'CFG'
plugins = { path = ["own"]; };
dataset = { plugin = "synthetic"; train = 200; test = 50; validation = 20; };
arch    = { plugin = "narrow";
            width = 1; };
backend = { plugin = "ref"; };
train   = { batch_size = 50; steps = 4; optimizer = { type = "sgd"; lr = 0.1; }; };
prune   = { strategy = "none"; };
CFG

claim "a failure blames the plug-in whose call failed" 2 "$ltcore" -c run.cfg --set arch.width=8
says err "arch.width: no eights$"
claim "at its place in the file" 2 sh -c "sed 's/width = 1/width = 8/' run.cfg >eight.cfg; '$ltcore' -c eight.cfg"
says err "eight.cfg:4: arch.width: no eights$"
claim "though another's option has the same name" 2 "$ltcore" -c run.cfg --set backend.plugin=named --set backend.width=8
says err "backend.width: no eights either$"
lacks err "arch.width"
claim "what the core blames in a data set is a key of dataset" 2 "$ltcore" -c run.cfg --set dataset.validation=200
says err "dataset.validation: "
claim "a plug-in that fails without a word is named" 1 "$ltcore" -c run.cfg --set arch.width=7
says err "architecture 'narrow': building the network failed"

cat >newer.c <<'C'
#include <ltcore/mask.h>
static ltc_status score(const void *self, const ltc_mask_env *e, const ltc_mask_tensor *t, float *s, ltc_error *err)
{
    return LTC_OK;
}
static const ltc_mask_ops ops = { LTC_MASK_OPS, .flags = 1u << 20, .score = score };
static const ltc_module newer = { LTC_MODULE(LTC_MASK, ops), .name = "newer", .version = "1.0", .summary = "asks for more" };
LTC_PLUGIN(&newer);
C
build masks newer
claim "a dry run passes on what is refused" 1 "$ltcore" -n -c run.cfg --set arch.plugin=mlp \
    --set 'prune={strategy="iterative"; mask={plugin="newer";}; rate=0.2; rounds=2;}'
says err "mask 'newer' asks for what this ltcore does not know"

claim "list takes plugins.path from a configuration" 0 "$ltcore" list masks -c run.cfg
says out "^masks *growth"
lacks out "lenet"
[ "$(head -1 out | cut -d' ' -f1)" = kind ] || { wrong "header first"; cat out; }
grep "broken.so" err | grep -q "broken.so.*broken.so" && { wrong "a path once"; cat err; }
says err "broken.so: "
claim "without one it lists what is installed, by real paths" 0 "$ltcore" list
lacks out "growth"
lacks out "/\.\./"
mkdir -p bare/bin && cp "$ltcore" bare/bin/
claim "nothing found is said, with the places" 0 bare/bin/ltcore list masks
says err "no masks found in $work/bare/lib/ltcore/plugins"

claim "info takes plugins.path from a configuration" 0 "$ltcore" info growth -c run.cfg
says out "start_cost"
claim "info tells what is wrong with the file that is there" 2 "$ltcore" info broken -c run.cfg
says err "own/arch/broken.so: "
lacks err "no backend"
claim "info says that there is none of any kind" 2 "$ltcore" info nothing-of-the-kind
says err "no plug-in 'nothing-of-the-kind' of any kind"
claim "info names the file that crashes" 1 "$ltcore" info crash -c run.cfg
says err "own/masks/crash.so: crashed with signal"
claim "info prints the identity of a backend with options" 0 "$ltcore" info named -c run.cfg
says out "identity   named/1 of width 5"

claim "an unknown letter among others is named" 2 "$ltcore" -xq
says err "no such option: -x;"
claim "behind a long option too" 2 "$ltcore" --dry-run -xq
says err "no such option: -x;"
claim "an unknown word is named" 2 "$ltcore" --frobnicate
says err "no such option: --frobnicate;"
claim "a missing value is missed" 2 "$ltcore" -nc
says err "-c needs a value"
claim "of a long option too" 2 "$ltcore" --config
says err "--config needs a value"
claim "two configurations are one too many" 2 "$ltcore" -c run.cfg -c eight.cfg
says err "twice"
claim "a file that is taken for a command" 2 "$ltcore" run.cfg
says err "did you mean '-c run.cfg'?"
claim "whoever reads no further is not bothered" 0 sh -c "{ '$ltcore' list; echo \$? >code; } | true"
[ "$(cat code)" = 0 ] && [ ! -s err ] || { wrong "code $(cat code)"; cat err; }
claim "an output that is full is a failure" 1 sh -c "'$ltcore' help >/dev/full"
says err "standard output cannot be written"
mkdir gone
claim "a current directory that is gone is said" 1 sh -c "cd gone && rmdir ../gone && '$ltcore' list"
says err "the current directory"

cat >hang.c <<'C'
#include <unistd.h>
#include <ltcore/mask.h>
__attribute__((constructor)) static void hang(void) { for (;;) pause(); }
C
build masks hang
# By one signal: a second, or SIGCONT, which `timeout` sends too, may find LeakSanitizer at its work and make it wait for
# ever.
claim "an interrupt stops a listing" 3 sh -c "'$ltcore' list -c run.cfg & sleep 3; kill -INT \$!; wait \$!"

exit $failed
