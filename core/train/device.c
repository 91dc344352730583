/* Owns an opened backend. Every call of a backend goes through here, program.c or lent.c. */
#include "train/device.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"
#include "util/memory.h"

static ltc_status ask_identity(lt_device *d, ltc_error *err)
{
    const lt_call call = lt_call_begin(d->backend, "saying what it is", err);
    ltc_status st =
        lt_call_end(&call, d->backend->ops.backend.identity(d->dev, d->identity, sizeof d->identity, err));
    if (!st && (!memchr(d->identity, 0, sizeof d->identity) || !d->identity[0]))
        st = ltc_fail(err, LTC_EINTERNAL, "backend %s does not say what it is", d->backend->info.name);
    return st;
}

ltc_status lt_device_open(const lt_module *backend, const void *options, const lt_services *services,
                          lt_device *d, ltc_error *err)
{
    const ltc_backend_ops *ops = &backend->ops.backend;
    lt_device made = { .backend = backend };
    ltc_status st = lt_host_create(services, backend->info.name, LTC_BACKEND_ABI, ops->host_size, NULL,
                                   &made.host, err);
    if (st)
        return st;
    const lt_call call = lt_call_begin(backend, "opening", err);
    st = lt_call_end(&call, ops->open(made.host, options, &made.dev, err));
    if (st) {
        lt_host_destroy(made.host);           /* nothing was opened, so nothing is closed */
        return st;
    }
    st = ask_identity(&made, err);
    if (st)
        lt_device_close(&made);
    else
        *d = made;
    return st;
}

static ltc_status load_split(lt_device *d, const lt_data *data, uint32_t s, ltc_error *err)
{
    const ltc_backend_ops *ops = &d->backend->ops.backend;
    const ltc_data_desc desc = lt_data_desc(data, s);
    ltc_status st = lt_check_read(d->backend, "data", &desc, sizeof desc, ops->data_desc_size, err);
    if (st)
        return st;
    ltc_data_desc *lent = lt_lend(&desc, 1, ops->data_desc_size, sizeof desc);
    if (!lent)
        return ltc_fail(err, LTC_ENOMEM, "no memory to lend a data set");
    const lt_call call = lt_call_begin(d->backend, "taking the data", err);
    st = lt_call_end(&call, ops->data_open(d->dev, lent, &d->data[s], err));
    free(lent);
    return st;
}

ltc_status lt_device_load(lt_device *d, const lt_data *data, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t s = 0; s < LT_SPLITS && !st; s++)
        if (data->split[s].n)
            st = load_split(d, data, s, err);
    return st;
}

ltc_status lt_device_tune(lt_device *d, const char *path, ltc_error *err)
{
    const lt_call call = lt_call_begin(d->backend, "measuring its costs", err);
    return lt_call_end(&call, d->backend->ops.backend.tune(d->dev, path, err));
}

void lt_device_close(lt_device *d)
{
    if (!d->backend)
        return;
    const lt_call call = lt_call_begin(d->backend, "closing", NULL);
    for (uint32_t s = 0; s < LT_SPLITS; s++)
        if (d->data[s])
            d->backend->ops.backend.data_close(d->data[s]);
    if (d->host)
        d->backend->ops.backend.close(d->dev);
    lt_call_end(&call, LTC_OK);
    lt_host_destroy(d->host);
    *d = (lt_device){ 0 };
}
