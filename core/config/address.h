/* Settings of one variant among others, addressed by its name: --set 'variants[random reinit].draws=1'. */
#ifndef LT_CONFIG_ADDRESS_H
#define LT_CONFIG_ADDRESS_H

#include <ltcore/base.h>

#include "config/tree.h"

/* Every root key of the form variants[NAME] is laid over the variant of that name, and gone then. One that
 * leads nowhere is a diagnostic. LTC_ENOMEM has none. */
ltc_status lt_address_apply(lt_arena *a, const lt_node **root, lt_diags *d);

#endif
