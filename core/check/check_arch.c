/* Tests of architectures: the network that they describe, for several shapes of samples and numbers of
 * classes. */
#include <inttypes.h>
#include <string.h>

#include "check/trial.h"
#include "graph/graph.h"

static const struct { int64_t dim[3]; uint32_t n_classes; } form[] = {
    { { 1, 28, 28 }, 10 }, { { 3, 32, 32 }, 10 }, { { 3, 32, 32 }, 100 }, { { 3, 64, 64 }, 200 },
    { { 1, 28, 28 }, 2 },  { { 3, 33, 47 }, 7 },
};
enum { FORMS = sizeof form / sizeof form[0] };

static ltc_status build(const lt_subject *s, size_t i, lt_graph *g, ltc_error *err)
{
    const lt_graph_request r = { .arch = s->module, .options = s->options, .n_classes = form[i].n_classes,
                                 .rank = 3, .dim = form[i].dim };
    return lt_graph_build(&r, g, err);
}

/* At least one of them is a network; the others are refused in words. */
static void builds(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    size_t built = 0;
    uint64_t params = 0;
    ltc_error err = { .message = "" };
    (void)t;
    for (size_t i = 0; i < FORMS; i++) {
        lt_graph g = { 0 };
        if (!build(s, i, &g, &err)) {
            params = built++ ? params : lt_graph_param_count(&g);
            lt_graph_free(&g);
        } else if (strstr(err.message, "does not say why")) {
            lt_verdict_fail(v, "a network, or a sentence why not",
                            "%d x %d x %d in %u classes: an error without a word", (int)form[i].dim[0],
                            (int)form[i].dim[1], (int)form[i].dim[2], form[i].n_classes);
        }
    }
    if (!built)
        lt_verdict_fail(v, "that one of the usual shapes will do", "%s", err.message);
    lt_verdict_remark(v, "%zu of %d shapes, the first with %" PRIu64 " parameters", built, FORMS, params);
}

/* Two builds, with another in between. */
static void builds_alike(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    ltc_error err;
    (void)t;
    for (size_t i = 0; i < FORMS; i++) {
        lt_graph g[3] = { 0 };
        lt_text text[2] = { { 0 }, { 0 } };
        if (!build(s, i, &g[0], &err)) {
            const ltc_status other = build(s, (i + 1) % FORMS, &g[1], &err), again = build(s, i, &g[2], &err);
            (void)other;                      /* it may have no such network */
            lt_graph_text(&g[0], &text[0]);
            if (!again)
                lt_graph_text(&g[2], &text[1]);
            if (again || text[0].failed || text[1].failed || strcmp(text[0].s, text[1].s) != 0)
                lt_verdict_fail(v, "the same network both times",
                                "two builds differ for %d x %d x %d in %u classes", (int)form[i].dim[0],
                                (int)form[i].dim[1], (int)form[i].dim[2], form[i].n_classes);
        }
        for (int k = 0; k < 3; k++)
            lt_graph_free(&g[k]);
        lt_text_free(&text[0]), lt_text_free(&text[1]);
    }
}

const lt_trial lt_arch_trials[] = {
    { .name = "arch-builds",
      .claim = "it makes a whole network, every parameter under a name of its own",
      .run = builds },
    { .name = "arch-repeats", .claim = "two builds are equal", .run = builds_alike },
    { .name = NULL },
};
