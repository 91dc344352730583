/* The backend that drives a table of kernels: ltc_optable_ops, with devices and data. The
 * rest is in program.c. */
#include <stdlib.h>

#include <ltsdk/net.h>

#include "program.h"

static ltc_status device_open(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    lts_device *d = calloc(1, sizeof *d);
    if (!d)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a device");
    d->host = h;
    const ltc_status st = ltc_optable_table.open ? ltc_optable_table.open(h, opts, &d->dev, err) : LTC_OK;
    if (st)
        free(d);
    else
        *dev = d;
    return st;
}

static void device_close(void *dev)
{
    lts_device *d = dev;
    if (d && ltc_optable_table.close)
        ltc_optable_table.close(d->dev);
    free(d);
}

/* "ltsdk/1 glibc-2.36 fma ftz", then the table's own. */
static ltc_status identity(void *dev, char *text, size_t n, ltc_error *err)
{
    lts_device *d = dev;
    char kernels[128];
    const bool whole = lts_identity(kernels, sizeof kernels);
    const int own = snprintf(text, n, "%s%s ", kernels, ltc_optable_table.flags & LTC_OT_FTZ ? " ftz" : "");
    if (!whole || own < 0 || (size_t)own >= n)
        return ltc_fail(err, LTC_EINTERNAL, "no room for the backend's identity in %zu bytes", n);
    if (ltc_optable_table.identity)
        return ltc_optable_table.identity(d->dev, text + own, n - (size_t)own, err);
    snprintf(text + own, n - (size_t)own, "reference");
    return LTC_OK;
}

static ltc_status data_open(void *dev, const ltc_data_desc *desc, void **data, ltc_error *err)
{
    (void)dev;
    lts_data *d = calloc(1, sizeof *d);
    if (!d)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a split");
    const ltc_status st = lts_request_data(desc, &d->desc, d->dim, err);
    if (st)
        free(d);
    else
        *data = d;
    return st;
}

static void data_close(void *data)
{
    free(data);
}

const ltc_backend_ops ltc_optable_ops = {
    LTC_BACKEND_OPS,
    .open = device_open,
    .close = device_close,
    .identity = identity,
    .plan = lts_program_plan,
    .data_open = data_open,
    .data_close = data_close,
    .compile = lts_program_compile,
    .release = lts_program_release,
    .bind = lts_program_bind,
    .put = lts_program_put,
    .get = lts_program_get,
    .ready = lts_program_ready,
    .train = lts_program_train,
    .eval = lts_program_eval,
};
