/* cpu: kernels of its own, with sixteen samples in a vector, whose time falls with a mask's density. This file holds
 * the module: options, device, identity, data. */
#include <stdlib.h>

#include "cpu.h"

typedef struct cpu_options { int64_t isa; } cpu_options;

static const char *const isa_names[] = { "best", "avx512", "avx2", "portable", NULL };
static const ltc_opt options[] = {
    LTC_ENUM(cpu_options, isa, 0, isa_names,
             "instruction set of the kernels; best is the first of the others that the processor has"),
};
static const ltc_schema schema = LTC_SCHEMA(cpu_options, options);

static ltc_status device_open(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    const int64_t wanted = opts ? ((const cpu_options *)opts)->isa : 0;
    int isa = wanted ? (int)wanted - 1 : CPU_AVX512;
    while (!wanted && !cpu_kernels_of((cpu_isa)isa))
        isa++;
    if (!cpu_kernels_of((cpu_isa)isa))
        return ltc_fail_opt(err, "isa", "this processor has no %s; 'best' takes what it has", isa_names[wanted]);
    cpu_device *d = calloc(1, sizeof *d);
    if (!d)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a device");
    *d = (cpu_device){ h, cpu_kernels_of((cpu_isa)isa), (cpu_isa)isa };
    *dev = d;
    return LTC_OK;
}

static void device_close(void *dev)
{
    free(dev);
}

/* No library's bits are in it. The number is raised by hand when a kernel, or the choice among them, changes a bit. */
static ltc_status identity(void *dev, char *text, size_t n, ltc_error *err)
{
    const cpu_device *d = dev;
    const int used = snprintf(text, n, "cpu/4 %s ftz", isa_names[d->isa + 1]);
    return used >= 0 && (size_t)used < n
               ? LTC_OK
               : ltc_fail(err, LTC_EINTERNAL, "no room for the identity in %zu bytes", n);
}

static ltc_status data_open(void *dev, const ltc_data_desc *desc, void **data, ltc_error *err)
{
    (void)dev;
    cpu_data *d = calloc(1, sizeof *d);
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

static const ltc_backend_ops ops = {
    LTC_BACKEND_OPS,
    .open = device_open,
    .close = device_close,
    .identity = identity,
    .plan = cpu_program_plan,
    .data_open = data_open,
    .data_close = data_close,
    .compile = cpu_program_compile,
    .release = cpu_program_release,
    .bind = cpu_program_bind,
    .put = cpu_program_put,
    .get = cpu_program_get,
    .ready = cpu_program_ready,
    .train = cpu_program_train,
    .eval = cpu_program_eval,
};
static const ltc_module cpu = {
    LTC_MODULE(LTC_BACKEND, ops), .name = "cpu", .version = "1.0", .schema = &schema,
    .summary = "own vector kernels, dense and by lists of what a mask leaves",
};
LTC_PLUGIN(&cpu);
