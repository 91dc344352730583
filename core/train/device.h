/* Device: one opened backend with the data it was shown. A worker owns one device and one session at a
 * time. */
#ifndef LT_TRAIN_DEVICE_H
#define LT_TRAIN_DEVICE_H

#include "data/data.h"
#include "plugin/host.h"
#include "plugin/registry.h"

typedef struct lt_device {
    const lt_module *backend;
    ltc_host        *host;
    void            *dev;
    void            *data[LT_SPLITS];         /* NULL: the split is empty */
    char             identity[512];           /* names all that can change a bit of a result */
} lt_device;

/* Opens the backend and asks for its identity. */
ltc_status lt_device_open(const lt_module *backend, const void *options, const lt_services *services,
                          lt_device *d, ltc_error *err);

/* Shows it the data, which outlives the device. Once per device. */
ltc_status lt_device_load(lt_device *d, const lt_data *data, ltc_error *err);

/* Has it measure this machine's own table of costs into a file; only where the backend has
 * `tune`. Takes seconds. */
ltc_status lt_device_tune(lt_device *d, const char *path, ltc_error *err);
void lt_device_close(lt_device *d);           /* after its sessions; safe on a zeroed one */

#endif
