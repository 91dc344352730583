/* exec: scores from another program, in whatever language: a criterion in ten lines of NumPy.
 *
 *   score(w) = what the program writes for w
 *
 * The program is started once for each mask that is drawn, without a shell. On standard input it finds a
 * safetensors file with NAME.final, NAME.init, ... of the `weights` asked for, of type F32, and NAME.mask, of
 * type U8, for every parameter that may be pruned; its metadata have round, density_now, density_goal (of all
 * of them together) and seed, a number that is another in each round. On standard output it writes a
 * safetensors file with NAME, of type F32 and of the same shape, for each: its scores, finite wherever the
 * mask is 1. Other tensors in it have no effect. It ends with status 0, having written all: what it started
 * in the background is not waited for. If it ends otherwise, the last line of its standard error is the run's
 * message. It must write the same for the same input: the program's bytes and its arguments are what a mask
 * is known by, not what else it reads. sdk/examples/exec/magnitude.py is one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"
#include "scored.h"
#include "tensors.h"

typedef struct exec_options { const char *program; ltc_strings arguments, weights; } exec_options;

static const char *const kinds[] = { "init", "rewind", "final", "dense", NULL };
static const ltc_opt exec_table[] = {
    LTC_PATH(exec_options, program, NULL,
             "the program: an executable file, or a script whose first line names its "
             "interpreter", .flags = LTC_OPT_REQUIRED),
    LTC_STRINGS(exec_options, arguments, "", 0, 100,
                "what it is started with, as it stands: there is no shell"),
    LTC_STRINGS(exec_options, weights, "\"init\", \"final\"", 1, 4,
                "the weights that it is shown: at initialisation, at "
                "the rewind point, where the mask is drawn, at the end of the dense training",
                .choices = kinds),
};
static const ltc_schema exec_schema = LTC_SCHEMA(exec_options, exec_table);

/* Index of a word among `kinds`, or their number. */
static size_t kind_of(const char *word)
{
    size_t k = 0;
    while (kinds[k] && strcmp(kinds[k], word))
        k++;
    return k;
}

static ltc_status exec_create(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const exec_options *o = opts;
    for (uint64_t i = 0; i < o->weights.n; i++)
        if (!kinds[kind_of(o->weights.v[i])])
            return ltc_fail_opt(err, "weights",
                                "\"%.40s\" are no weights: give \"init\", \"rewind\", \"final\" or \"dense\"",
                                o->weights.v[i]);
    if (access(o->program, X_OK))
        return ltc_fail_opt(err, "program", "%.300s: %s: name a program that may be run", o->program,
                            strerror(errno));
    return scored_create(h, opts, self, err);
}

static uint32_t exec_flags_of(const void *self)
{
    static const uint32_t need[] = { LTC_NEED_INIT, LTC_NEED_REWIND, LTC_NEED_FINAL, LTC_NEED_DENSE };
    const exec_options *o = ((const scored *)self)->options;
    uint32_t flags = 0;
    for (uint64_t i = 0; i < o->weights.n; i++)
        flags |= need[kind_of(o->weights.v[i])];
    return flags;
}

/* The tensors of four bytes an element come first, so that all of them are aligned. */
static size_t list_items(const exec_options *o, const ltc_mask_tensor *const *t, size_t n, tensors_item *item)
{
    static const char *const suffix[] = { ".init", ".rewind", ".final", ".dense" };
    size_t k = 0;
    for (size_t j = 0; j < n; j++)
        for (uint64_t i = 0; i < o->weights.n; i++) {
            const size_t kind = kind_of(o->weights.v[i]);
            const float *const w[] = { t[j]->w_init, t[j]->w_rewind, t[j]->w_final, t[j]->w_dense };
            item[k++] = (tensors_item){ t[j], suffix[kind], "F32", w[kind], t[j]->n * sizeof(float) };
        }
    for (size_t j = 0; j < n; j++)
        item[k++] = (tensors_item){ t[j], ".mask", "U8", t[j]->mask, t[j]->n };
    return k;
}

static json_t *describe(const ltc_mask_env *env)
{
    char round[16], now[32], goal[32], seed[16];
    snprintf(round, sizeof round, "%u", env->round);
    snprintf(now, sizeof now, "%.17g", env->density_now);
    snprintf(goal, sizeof goal, "%.17g", env->density_goal);
    snprintf(seed, sizeof seed, "%u", ltc_rand_u32(ltc_key_fold(env->key, env->round), 0));
    return json_pack("{s:s, s:s, s:s, s:s}", "round", round, "density_now", now, "density_goal", goal, "seed",
                     seed);
}

static ltc_status write_input(const exec_options *o, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                              size_t n, uint8_t **bytes, size_t *n_bytes, ltc_error *err)
{
    tensors_item *item = calloc(n * ((size_t)o->weights.n + 1) + 1, sizeof *item);
    json_t *about = describe(env);
    *bytes = NULL;
    if (item && about)
        *bytes = tensors_write(item, list_items(o, t, n, item), about, n_bytes);
    else
        json_decref(about);
    free(item);
    return *bytes ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory to show %zu tensors to a program", n);
}

/* Puts the program's name before the sentence of process.c. */
static ltc_status name_program(const char *program, ltc_status st, ltc_error *err)
{
    char said[sizeof err->message];
    const char *slash = strrchr(program, '/');
    memcpy(said, err->message, sizeof said);
    return st == LTC_OK || st == LTC_ECANCELLED
               ? st : ltc_fail(err, st, "program %.80s: %.360s", slash ? slash + 1 : program, said);
}

static ltc_status start(const scored *s, process_io *io, ltc_error *err)
{
    const exec_options *o = s->options;
    const char **argv = calloc((size_t)o->arguments.n + 2, sizeof *argv);
    if (!argv)
        return ltc_fail(err, LTC_ENOMEM, "no memory to start a program");
    argv[0] = o->program;
    for (uint64_t i = 0; i < o->arguments.n; i++)
        argv[i + 1] = o->arguments.v[i];
    const ltc_status st = process_run(s->host, argv, io, err);
    free(argv);
    if (!st && io->line[0])
        s->host->log(s->host, LTC_LOG_INFO, "%s", io->line);
    return st;
}

static ltc_status take(const tensors *out, const ltc_mask_tensor *t, float *score, ltc_error *err)
{
    tensors_entry e;
    const int found = tensors_find(out, t, &e);
    if (found == TENSORS_MISSING)
        return ltc_fail(err, LTC_EIO, "it wrote no scores for %s", t->name);
    if (!e.type || strcmp(e.type, "F32"))
        return ltc_fail(err, LTC_EIO, "its scores for %s are of type %.20s; they must be F32", t->name,
                        e.type ? e.type : "unknown");
    if (found == TENSORS_SHAPE)
        return ltc_fail(err, LTC_EIO, "its scores for %s have another shape than the weights", t->name);
    if (found == TENSORS_PLACE || e.bytes != t->n * sizeof *score)
        return ltc_fail(err, LTC_EIO,
                        "its scores for %s lie outside the file or have another size than their shape",
                        t->name);
    memcpy(score, e.at, e.bytes);
    return LTC_OK;
}

static ltc_status take_all(scored *s, process_io *io, const ltc_mask_tensor *const *t, size_t n,
                           ltc_error *err)
{
    tensors out = { .bytes = io->output, .n = io->n_output };
    io->output = NULL;
    ltc_status st = tensors_open(&out) && json_is_object(out.header)
                        ? LTC_OK
                        : ltc_fail(err, LTC_EIO,
                                   "what it wrote to standard output, %zu bytes, is no safetensors file",
                                   out.n);
    for (size_t i = 0; i < n && !st; i++)
        st = take(&out, t[i], s->score[t[i]->index], err);
    tensors_close(&out);
    return st;
}

static size_t all_scores(const ltc_mask_tensor *const *t, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += t[i]->n * sizeof(float);
    return bytes;
}

static ltc_status exec_prepare(void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t, size_t n,
                               ltc_error *err)
{
    scored *s = self;
    const exec_options *o = s->options;
    const size_t header = 1 << 20;            /* more than any header needs */
    uint8_t *input = NULL;
    size_t n_input = 0;
    ltc_status st = scored_room(s, t, n, err);
    if (!st)
        st = write_input(o, env, t, n, &input, &n_input, err);
    if (st)
        return st;
    process_io io = { .input = input, .n_input = n_input, .most = n_input + all_scores(t, n) + header };
    st = start(s, &io, err);
    if (!st)
        st = take_all(s, &io, t, n, err);
    free(input), free(io.output);
    return name_program(o->program, st, err);
}

static const ltc_mask_ops exec_ops = {
    LTC_MASK_OPS, .create = exec_create, .destroy = scored_destroy, .prepare = exec_prepare,
    .score = scored_score, .flags_of = exec_flags_of,
};
static const ltc_module exec = {
    LTC_MODULE(LTC_MASK, exec_ops), .name = "exec", .version = "1.0", .schema = &exec_schema,
    .summary = "keeps what another program scores highest",
    .source = "score = what the program writes: safetensors of weights and masks in, of scores out",
};
LTC_PLUGIN(&exec);
