/* mlp: fully connected layers of any sizes, with ReLU between them. */
#include <ltcore/ops.h>

typedef struct mlp_opts { ltc_ints hidden; } mlp_opts;

static const ltc_opt mlp_opt[] = {
    LTC_INTS(mlp_opts, hidden, "300, 100", 1, 1000000, 0, 64,
             "units of each hidden layer; none makes it a linear model"),
};
static const ltc_schema mlp_schema = LTC_SCHEMA(mlp_opts, mlp_opt);

static ltc_status mlp_build(const void *opts, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    const mlp_opts *o = opts;
    char name[16];
    (void)err;

    ltc_val x = ltc_flatten(b, b->input);
    for (uint64_t i = 0; i < o->hidden.n; i++) {
        snprintf(name, sizeof name, "fc%d", (int)i + 1);
        x = ltc_relu(b, ltc_linear(b, x, name, (ltc_linear_args){ .out = o->hidden.v[i] }));
    }
    snprintf(name, sizeof name, "fc%d", (int)o->hidden.n + 1);
    *logits = ltc_linear(b, x, name, (ltc_linear_args){ .out = b->n_classes });
    return LTC_OK;
}

static const ltc_arch_ops mlp_ops = { LTC_ARCH_OPS, .build = mlp_build };
static const ltc_module mlp = {
    LTC_MODULE(LTC_ARCH, mlp_ops), .name = "mlp", .version = "1.0", .schema = &mlp_schema,
    .summary = "fully connected layers of any sizes, ReLU",
};
LTC_PLUGIN(&mlp);
