/* Numbers as text: reals by the fewest digits that read back to the same bits. */
#ifndef LT_CONFIG_NUMBER_H
#define LT_CONFIG_NUMBER_H

enum { LT_NUMBER_BYTES = 40 };                /* sign, 17 digits, point, ".0", exponent, NUL: with room */

/* For sentences: 11, 0.1, 1e-8. Returns text. */
const char *lt_real_text(char text[LT_NUMBER_BYTES], double x);

/* For run.cfg, where a real has a point: 11.0, 0.1, 1.0e-8. x is finite. Returns text. */
const char *lt_real_literal(char text[LT_NUMBER_BYTES], double x);

#endif
