/* The floating-point mode of a thread: rounding and the treatment of denormals. Foreign code may change it,
 * and then results change; so it is compared around dlopen (loader.c) and put back around calls into plug-ins
 * (border.c) and from them (host.c). */
#ifndef LT_PLUGIN_FPMODE_H
#define LT_PLUGIN_FPMODE_H

#include <stdbool.h>

#if defined(__SSE__)
/* Arithmetic obeys MXCSR; the C library asks the x87's word how to round what it prints. */
typedef struct lt_fpmode { unsigned mxcsr; unsigned short x87, pad; } lt_fpmode;
#else
#include <fenv.h>
typedef struct lt_fpmode { fenv_t env; } lt_fpmode;
#endif

/* Of the calling thread. All [any]. */
lt_fpmode lt_fpmode_get(void);
void lt_fpmode_set(lt_fpmode m);

/* Exception flags that arithmetic left behind do not count as a difference. */
bool lt_fpmode_same(lt_fpmode a, lt_fpmode b);

#endif
