/* Another backend, which is named by its file, and a line in a log for each program and each call that
 * computes: for tests of cohorts. The environment says where the log is (COUNTED_LOG), since results hold
 * the options, how many replicas of a program find memory (COUNTED_ROOM), which call to train interrupts the
 * process as a user would (COUNTED_STOP), the backend's file where no option names one (COUNTED_FILE), and
 * what its options that are real numbers (COUNTED_REAL), or have this choice (COUNTED_CHOICE), are at, if not
 * at their defaults. */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ltcore/backend.h>

typedef struct options { const char *file; } options;

typedef struct device {
    const ltc_backend_ops *ops;
    void    *inner, *options;
    FILE    *log;
    uint32_t room;
    atomic_uint until_stop;                   /* calls to train; 0: none, or it is over */
} device;

/* A program, or a split. */
typedef struct part { device *of; void *inner; uint32_t replicas, pad; } part;

static const ltc_opt option[] = {
    LTC_STRING(options, file, "", "the backend's file", .flags = LTC_OPT_NEUTRAL),
};
static const ltc_schema schema = LTC_SCHEMA(options, option);

static void device_close(void *dev)
{
    device *d = dev;
    if (d->inner)
        d->ops->close(d->inner);
    if (d->log)
        fclose(d->log);
    free(d->options);
    free(d);
}

static int64_t choice_of(const ltc_opt *o)
{
    const char *wanted = getenv("COUNTED_CHOICE");
    for (int64_t i = 0; wanted && o->choices[i]; i++)
        if (!strcmp(o->choices[i], wanted))
            return i;
    return o->i.def;
}

/* The inner backend's options, of the types that those under test have. */
static void set_options(void *at, const ltc_schema *s)
{
    const char *real = getenv("COUNTED_REAL");
    for (uint32_t i = 0; s && i < s->n_opts; i++) {
        const ltc_opt *o = &s->opt[i];
        char *to = (char *)at + o->offset;
        if (o->type == LTC_OPT_REAL)
            *(double *)(void *)to = real ? strtod(real, NULL) : o->r.def;
        else if (o->type == LTC_OPT_INT)
            *(int64_t *)(void *)to = o->i.def;
        else if (o->type == LTC_OPT_ENUM)
            *(int64_t *)(void *)to = choice_of(o);
    }
}

static ltc_status device_open(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    const options *o = opts;
    const char *log = getenv("COUNTED_LOG"), *room = getenv("COUNTED_ROOM"), *stop = getenv("COUNTED_STOP");
    const char *file = *o->file ? o->file : getenv("COUNTED_FILE");
    void *handle = file ? dlopen(file, RTLD_NOW | RTLD_LOCAL) : NULL;
    const ltc_plugin *plugin = handle ? dlsym(handle, "ltc_plugin_v0") : NULL;
    device *d = calloc(1, sizeof *d);
    if (!plugin || !d) {
        free(d);
        return ltc_fail(err, LTC_EIO, "%s: cannot be loaded", file ? file : "no file");
    }
    const ltc_schema *its = plugin->module[0]->schema;
    d->ops = plugin->module[0]->ops;
    d->until_stop = stop ? (uint32_t)strtoul(stop, NULL, 10) : 0;
    d->room = room ? (uint32_t)strtoul(room, NULL, 10) : UINT32_MAX;
    d->options = calloc(1, its && its->data_size ? its->data_size : 1);
    d->log = fopen(log ? log : "/dev/null", "ae");
    ltc_status st = d->options && d->log ? LTC_OK : ltc_fail(err, LTC_EIO, "no log");
    if (!st) {
        set_options(d->options, its);
        setvbuf(d->log, NULL, _IOLBF, 0);
        st = d->ops->open(h, d->options, &d->inner, err);
    }
    if (st)
        device_close(d);
    else
        *dev = d;
    return st;
}

static ltc_status identity(void *dev, char *text, size_t n, ltc_error *err)
{
    const device *d = dev;
    return d->ops->identity(d->inner, text, n, err);
}

static ltc_status plan(void *dev, const ltc_compile_req *r, ltc_plan *p, ltc_error *err)
{
    const device *d = dev;
    return d->ops->plan(d->inner, r, p, err);
}

static part *wrap(device *d, uint32_t replicas)
{
    part *p = calloc(1, sizeof *p);
    if (p)
        *p = (part){ .of = d, .replicas = replicas };
    return p;
}

static ltc_status data_open(void *dev, const ltc_data_desc *desc, void **data, ltc_error *err)
{
    device *d = dev;
    part *p = wrap(d, 0);
    const ltc_status st = p ? d->ops->data_open(d->inner, desc, &p->inner, err)
                            : ltc_fail(err, LTC_ENOMEM, "no memory");
    if (st)
        free(p);
    else
        *data = p;
    return st;
}

static void data_close(void *data)
{
    part *p = data;
    p->of->ops->data_close(p->inner);
    free(p);
}

static ltc_status compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err)
{
    device *d = dev;
    if (r->n_replicas > d->room)
        return ltc_fail(err, LTC_ENOMEM, "no memory for %u replicas", r->n_replicas);
    part *p = wrap(d, r->n_replicas);
    const ltc_status st = p ? d->ops->compile(d->inner, r, &p->inner, err)
                            : ltc_fail(err, LTC_ENOMEM, "no memory");
    if (st) {
        free(p);
        return st;
    }
    fprintf(d->log, "compile %u\n", r->n_replicas);
    *prog = p;
    return LTC_OK;
}

static void release(void *prog)
{
    part *p = prog;
    p->of->ops->release(p->inner);
    free(p);
}

static ltc_status bind(void *prog, uint32_t split, void *data, ltc_error *err)
{
    const part *p = prog, *d = data;
    return p->of->ops->bind(p->inner, split, d->inner, err);
}

static ltc_status put(void *prog, uint32_t what, uint32_t r, uint32_t i, const void *src, size_t bytes,
                      ltc_error *err)
{
    const part *p = prog;
    return p->of->ops->put(p->inner, what, r, i, src, bytes, err);
}

static ltc_status get(void *prog, uint32_t what, uint32_t r, uint32_t i, void *dst, size_t bytes,
                      ltc_error *err)
{
    const part *p = prog;
    return p->of->ops->get(p->inner, what, r, i, dst, bytes, err);
}

static ltc_status ready(void *prog, ltc_error *err)
{
    const part *p = prog;
    return p->of->ops->ready(p->inner, err);
}

static ltc_status train(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err)
{
    const part *p = prog;
    if (p->of->until_stop && !--p->of->until_stop)
        kill(getpid(), SIGINT);
    fprintf(p->of->log, "train %u %u\n", p->replicas, r->n_steps);
    return p->of->ops->train(p->inner, r, out, err);
}

static ltc_status eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err)
{
    const part *p = prog;
    uint32_t asked = 0;
    for (uint32_t i = 0; i < p->replicas; i++)
        asked += !r->only || r->only[i];
    fprintf(p->of->log, "eval %u %llu\n", asked, (unsigned long long)r->count);
    return p->of->ops->eval(p->inner, r, out, err);
}

static const ltc_backend_ops ops = {
    LTC_BACKEND_OPS, .open = device_open, .close = device_close, .identity = identity, .plan = plan,
    .data_open = data_open, .data_close = data_close, .compile = compile, .release = release, .bind = bind,
    .put = put, .get = get, .ready = ready, .train = train, .eval = eval,
};
static const ltc_module counted = {
    LTC_MODULE(LTC_BACKEND, ops), .name = "counted", .version = "1.0", .schema = &schema,
    .summary = "another backend, whose programs are counted",
};
LTC_PLUGIN(&counted);
