/* Owns the reading of a data set by targets. */
#include "dataset.h"

#include <string.h>

#include "data/data.h"

static ltc_status load(const lt_module *m, const void *options, uint64_t validation, lt_data *d)
{
    const lt_data_request r = {
        .reader = m, .options = options, .services = &fuzz_services, .validation = validation,
        .key_split = { 1, 2 },
    };
    ltc_error err = { .message = "" };
    return fuzz_said(lt_data_load(&r, d, &err), &err);
}

static void check_labels(const lt_data *d)
{
    for (uint32_t s = 0; s < LT_SPLITS; s++)
        for (uint64_t i = 0; i < d->split[s].n; i++)
            fuzz_must(d->split[s].label[i] >= 0 && (uint32_t)d->split[s].label[i] < d->n_classes,
                      "a label is one of the classes");
}

void fuzz_dataset(const lt_module *m, const void *options)
{
    lt_data d, again;
    const ltc_status st = load(m, options, 0, &d);
    if (st)
        return;
    check_labels(&d);
    if (!load(m, options, 1, &again)) {       /* one sample has none to spare */
        fuzz_must(!memcmp(&d.digest, &again.digest, sizeof d.digest), "the same files are the same data");
        lt_data_free(&again);
    }
    lt_data_free(&d);
}
