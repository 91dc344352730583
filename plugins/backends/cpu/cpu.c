/* cpu: kernels of its own, with sixteen samples in a vector, whose time falls with a mask's density. This
 * file holds the module: options, device, identity, data. */
#include <stdlib.h>

#include "cpu.h"
#include "tune.h"

typedef struct cpu_options { int64_t isa; const char *costs; } cpu_options;

static const char *const isa_names[] = { "best", "avx512", "avx2", "portable", NULL };
static const ltc_opt options[] = {
    LTC_ENUM(cpu_options, isa, 0, isa_names,
             "instruction set of the kernels; best is the first of the others that the processor has"),
    LTC_PATH(cpu_options, costs, NULL,
             "table of costs by which kernels are chosen, as `ltcore tune cpu` writes it; not set: the one "
             "that is shipped. Another table gives other last bits", .flags = LTC_OPT_LATER),
};
static const ltc_schema schema = LTC_SCHEMA(cpu_options, options);

static ltc_status read_costs(cpu_device *d, const cpu_options *o, ltc_error *err)
{
    ltc_error why = { .message = "" };
    d->own_costs = o && o->costs && *o->costs;
    if (!d->own_costs || !cpu_costs_read(o->costs, isa_names[d->isa + 1], &d->costs, &why))
        return LTC_OK;
    return ltc_fail_opt(err, "costs", "%s", why.message);
}

static ltc_status device_open(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    const int64_t wanted = opts ? ((const cpu_options *)opts)->isa : 0;
    int isa = wanted ? (int)wanted - 1 : CPU_AVX512;
    while (!wanted && !cpu_kernels_of((cpu_isa)isa))
        isa++;
    if (!cpu_kernels_of((cpu_isa)isa))
        return ltc_fail_opt(err, "isa", "this processor has no %s; 'best' takes what it has",
                            isa_names[wanted]);
    cpu_device *d = calloc(1, sizeof *d);
    if (!d)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a device");
    *d = (cpu_device){ h, cpu_kernels_of((cpu_isa)isa), (cpu_isa)isa, cpu_costs_shipped((cpu_isa)isa),
                       false };
    const ltc_status st = read_costs(d, opts, err);
    if (st)
        free(d);
    else
        *dev = d;
    return st;
}

static void device_close(void *dev)
{
    free(dev);
}

/* No library's bits are in it. The number is raised by hand when a kernel, or the choice among
 * them, changes a bit. */
static ltc_status identity(void *dev, char *text, size_t n, ltc_error *err)
{
    const cpu_device *d = dev;
    char digest[CPU_DIGEST];
    cpu_costs_digest(&d->costs, digest);
    const int used = snprintf(text, n, "cpu/11 %s ftz%s%s", isa_names[d->isa + 1],
                              d->own_costs ? " costs " : "", d->own_costs ? digest : "");
    return used >= 0 && (size_t)used < n
               ? LTC_OK
               : ltc_fail(err, LTC_EINTERNAL, "no room for the identity in %zu bytes", n);
}

ltc_status cpu_data_open(void *dev, const ltc_data_desc *desc, void **data, ltc_error *err)
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

void cpu_data_close(void *data)
{
    free(data);
}

static ltc_status tune(void *dev, const char *path, ltc_error *err)
{
    const cpu_device *d = dev;
    cpu_costs own;
    const ltc_status st = cpu_tune(d, &own, err);
    return st ? st : cpu_costs_write(path, isa_names[d->isa + 1], &own, err);
}

static const ltc_backend_ops ops = {
    LTC_BACKEND_OPS,
    .open = device_open,
    .close = device_close,
    .identity = identity,
    .plan = cpu_program_plan,
    .data_open = cpu_data_open,
    .data_close = cpu_data_close,
    .compile = cpu_program_compile,
    .release = cpu_program_release,
    .bind = cpu_program_bind,
    .put = cpu_program_put,
    .get = cpu_program_get,
    .ready = cpu_program_ready,
    .train = cpu_program_train,
    .eval = cpu_program_eval,
    .tune = tune,
};
static const ltc_module cpu = {
    LTC_MODULE(LTC_BACKEND, ops), .name = "cpu", .version = "1.0", .schema = &schema,
    .summary = "own vector kernels, dense and by lists of what a mask leaves",
};
LTC_PLUGIN(&cpu);
