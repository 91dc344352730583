/* Owns a check while it runs: which modules the file offers, which tests they get, and a child process for
 * each. */
#include "check/check.h"

#include <stdlib.h>
#include <string.h>

#include "check/trial.h"
#include "config/config.h"
#include "plugin/child.h"
#include "plugin/loader.h"

/* What the file offers, as a child found it. options: its defaults make a whole block. */
typedef struct offered {
    uint32_t kind, options;
    char     name[64];
} offered;

typedef struct check {
    const lt_check_request *request;
    const lt_trial *trial;                    /* the one to run next, in a child */
    const offered  *module;                   /* whose it is; NULL: the file's */
    size_t          index, seen;              /* of that module in the file; tests that were run */
    ltc_status      st;
    ltc_error      *err;
} check;

/* In the child: an offered struct for each module, or nothing if the file does not load. */
static void describe(void *arg, lt_text *reply)
{
    const check *c = arg;
    lt_arena arena = { 0 };
    lt_offer offer;
    ltc_error err;
    if (lt_loader_load(c->request->path, &arena, &offer, &err))
        return;
    for (size_t i = 0; i < offer.n; i++) {
        const lt_module *m = &offer.module[i];
        void *block = NULL;
        offered o = { .kind = m->info.kind };
        o.options = !m->schema.n_opts || lt_config_default_options(&m->schema, &arena, &block);
        snprintf(o.name, sizeof o.name, "%s", m->info.name);
        lt_text_put(reply, (const char *)&o, sizeof o);
    }
    lt_arena_free(&arena);
}

static void run_trial(const check *c, lt_arena *arena, lt_verdict *v)
{
    lt_subject subject = { .path = c->request->path, .seed = LT_CHECK_SEED,
                           .pause_ms = c->request->pause_ms };
    lt_offer offer;
    ltc_error err = { .message = "" };
    void *options = NULL;
    if (c->module && lt_loader_load(c->request->path, arena, &offer, &err)) {
        lt_verdict_fail(v, "it loads, as it did before", "%s", err.message);
        return;
    }
    if (c->module) {
        subject.module = &offer.module[c->index];
        if (c->module->options && subject.module->schema.n_opts &&
            !lt_config_default_options(&subject.module->schema, arena, &options))
            lt_verdict_fail(v, "memory for its options", "there is none");
        subject.options = options;
    }
    if (v->outcome == LT_HELD)
        c->trial->run(c->trial, &subject, v);
}

/* In the child: the verdict's bytes. */
static void attempt(void *arg, lt_text *reply)
{
    lt_arena arena = { 0 };
    lt_verdict v = { .outcome = LT_HELD };
    run_trial(arg, &arena, &v);
    lt_text_put(reply, (const char *)&v, sizeof v);
    lt_arena_free(&arena);
}

static ltc_status stop(check *c)
{
    return ltc_fail(c->err, LTC_ECANCELLED, "the check was stopped");
}

static void give_row(check *c, const lt_trial *t, const lt_verdict *v)
{
    const lt_check_row row = { c->module ? c->module->name : "", t->name, t->claim, v };
    c->seen++;
    if (!c->st && !c->request->visit(c->request->arg, &row))
        c->st = stop(c);
}

static void run_in_child(check *c, const lt_trial *t)
{
    lt_text reply = { 0 };
    lt_verdict v = { .outcome = LT_HELD };
    ltc_error why = { .message = "" };
    c->trial = t;
    const ltc_status st = lt_child_run(attempt, c, &c->request->patience, &reply, &why);
    if (st == LTC_ECANCELLED)
        c->st = stop(c);
    else if (st == LTC_EINTERNAL)
        lt_verdict_fail(&v, "that it comes to an end", "the plug-in %s", why.message);
    else if (st || reply.failed || reply.n != sizeof v)
        c->st = ltc_fail(c->err, st ? st : LTC_ENOMEM, "the check cannot go on: %s", why.message);
    else
        memcpy(&v, reply.s, sizeof v);
    lt_text_free(&reply);
    if (!c->st)
        give_row(c, t, &v);
}

static void run_one(check *c, const lt_trial *t)
{
    if (!c->st && (!c->request->only || !strcmp(c->request->only, t->name)))
        run_in_child(c, t);
}

static void run_list(check *c, const lt_trial *t)
{
    for (; t->name; t++)
        run_one(c, t);
}

static void skip(check *c, const char *why)
{
    static const lt_trial suite = { .name = "suite", .claim = "what its kind promises" };
    lt_verdict v = { .outcome = LT_HELD };
    lt_verdict_skip(&v, "%s", why);
    give_row(c, &suite, &v);
}

static void run_module(check *c)
{
    const lt_trial *suite = lt_suite_of(c->module->kind);
    char why[160];
    run_list(c, lt_schema_trials);
    if (suite && c->module->options) {
        run_list(c, suite);
    } else if (!c->request->only && !c->st) {
        snprintf(why, sizeof why, "the rest of the suite for a plug-in of kind %s is not written yet",
                 lt_kind_noun(c->module->kind));
        skip(c, suite ? "it has options without a default, and is tried with defaults alone" : why);
    }
}

static ltc_status load_list(check *c, lt_text *list, ltc_error *err)
{
    ltc_error why = { .message = "" };
    const ltc_status st = lt_child_run(describe, c, &c->request->patience, list, &why);
    if (st == LTC_EINTERNAL)
        return LTC_OK;                        /* its first test dies too, and says how */
    return st || list->failed ? ltc_fail(err, st ? st : LTC_ENOMEM, "the check cannot begin: %s", why.message)
                              : LTC_OK;
}

ltc_status lt_check_run(const lt_check_request *r, ltc_error *err)
{
    check c = { .request = r, .err = err };
    lt_text list = { 0 };
    c.st = load_list(&c, &list, err);
    run_one(&c, lt_file_trials);
    if (list.n)                               /* what does not load is not looked at further */
        run_list(&c, lt_file_trials + 1);
    for (size_t n = list.n / sizeof(offered); c.index < n && !c.st; c.index++) {
        offered o;
        memcpy(&o, list.s + c.index * sizeof o, sizeof o);
        c.module = &o;
        run_module(&c);
        c.module = NULL;
    }
    lt_text_free(&list);
    if (!c.st && !c.seen)
        c.st = ltc_fail(err, LTC_EINVAL, "%s: no test is called '%s'", r->path, r->only ? r->only : "");
    return c.st;
}
