/* Takes the place of dnn.c where the build found no cuDNN: opening says so, and nothing else is asked. */
#include "dnn.h"

const bool lcu_has_dnn = false;

ltc_status lcu_dnn_open(lcu_device *d, lcu_dnn **dnn, ltc_error *err)
{
    (void)d, (void)dnn;
    return ltc_fail_opt(err, "convolution",
                        "this backend was built without cuDNN: install it and build again, or choose 'own'");
}

void lcu_dnn_close(lcu_dnn *dnn)
{
    (void)dnn;
}

const char *lcu_dnn_text(const lcu_dnn *dnn)
{
    (void)dnn;
    return "";
}

ltc_status lcu_dnn_ask(lcu_dnn *dnn, const lcu_convolution *c, bool *takes, uint64_t *bytes, ltc_error *err)
{
    (void)dnn, (void)c, (void)bytes, (void)err;
    *takes = false;
    return LTC_OK;
}

void lcu_dnn_convolve(lcu_dnn *dnn, const lcu_convolution *c, lcu_workspace w, uint32_t replicas)
{
    (void)dnn, (void)c, (void)w, (void)replicas;
}

void lcu_dnn_convolve_input(lcu_dnn *dnn, const lcu_convolution *c, lcu_workspace w, uint32_t replicas)
{
    (void)dnn, (void)c, (void)w, (void)replicas;
}

void lcu_dnn_convolve_weight(lcu_dnn *dnn, const lcu_convolution *c, lcu_workspace w, uint32_t replicas)
{
    (void)dnn, (void)c, (void)w, (void)replicas;
}
