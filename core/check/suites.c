/* Owns nothing: which suite is whose. */
#include "check/trial.h"

const lt_trial *lt_suite_of(uint32_t kind)
{
    switch (kind) {
    case LTC_ARCH:    return lt_arch_trials;
    case LTC_BACKEND: return lt_backend_trials;
    default:          return NULL;
    }
}
