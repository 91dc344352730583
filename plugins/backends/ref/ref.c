/* ref: the oracle. A table without one kernel, so that the SDK's reference kernels do everything: slow, and
 * written to be read. What another backend computes is compared with this one. */
#include <ltcore/optable.h>

const ltc_optable ltc_optable_table = { .flags = LTC_OT_HOST };

static const ltc_module ref = {
    LTC_MODULE(LTC_BACKEND, ltc_optable_ops), .name = "ref", .version = "1.0",
    .summary = "reference kernels, the oracle that other backends are compared with",
};
LTC_PLUGIN(&ref);
