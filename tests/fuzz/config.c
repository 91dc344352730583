/* A whole configuration: run.cfg, behind a '%' other.cfg, which may be its base or be included, and behind
 * further ones a --set each. What is accepted is written out resolved, and that is accepted and written
 * out the same. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "input.h"

enum { SETS = 8 };


/* *said: the resolved text, empty if it was refused. */
static void settle(const lt_config_request *r, lt_text *said)
{
    lt_config *c = NULL;
    lt_settings s = { 0 };
    lt_diags d = { 0 };
    ltc_status st = lt_config_read(r, &c, &d);
    if (!st)
        st = lt_config_settle(c, NULL, &s, &d);
    fuzz_must(!st == !d.n, "a refusal, and nothing else, has a diagnostic");
    for (size_t i = 0; c && i < r->n_set; i++)
        lt_config_place(c, r->set[i]);
    if (st)
        fuzz_must(lt_diags_first(&d) && *lt_diags_first(&d), "a diagnostic has words");
    else
        lt_config_write(&s, said);
    lt_settings_free(&s);
    lt_config_free(c);
    lt_diags_free(&d);
}

static void check_resolved(const lt_config_request *was, const lt_text *said)
{
    char path[FUZZ_PATH];
    lt_text again = { 0 };
    lt_config_request r = *was;
    r.path = "resolved.cfg", r.n_set = 0;
    fuzz_must(!said->failed, "there is memory for a resolved configuration");
    fuzz_write(r.path, (fuzz_input){ (const uint8_t *)said->s, said->n }, path);
    settle(&r, &again);
    fuzz_must(again.n == said->n && !memcmp(again.s, said->s, said->n),
              "resolved, a configuration says the same");
    lt_text_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    char path[FUZZ_PATH], *set[SETS];
    fuzz_input in = { byte, n };
    lt_text said = { 0 };
    const char *const data[] = { fuzz_directory() };
    lt_config_request r = {
        .path = "run.cfg", .set = (const char *const *)set, .store = "/store", .directory = fuzz_directory(),
        .data_dir = data, .n_data_dirs = 1, .default_backend = "cpu",
    };
    fuzz_write("run.cfg", fuzz_until(&in, '%'), path);
    fuzz_write("other.cfg", fuzz_until(&in, '%'), path);
    while (in.n && r.n_set < SETS)
        set[r.n_set++] = fuzz_text(fuzz_until(&in, '%'));
    settle(&r, &said);
    if (said.n)
        check_resolved(&r, &said);
    for (size_t i = 0; i < r.n_set; i++)
        free(set[i]);
    lt_text_free(&said);
    return 0;
}
