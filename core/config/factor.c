/* Owns the type of factors: a number in [0, 1], of which three have a name. */
#include <string.h>

#include "config/number.h"
#include "config/schema.h"
#include "config/value.h"

static const char *const words[] = { "none", "half", "full", NULL };
static const double meaning[] = { 0.0, 0.5, 1.0 };

static bool read_factor(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field)
{
    const ltc_opt as_choice = { .name = o->name, .choices = words };
    int64_t index = 0;
    if (n->kind != LT_NODE_STRING)
        return lt_value_real(f, o, n, field);
    if (!lt_value_choice(f, &as_choice, n, &index))
        return false;
    memcpy(field, &meaning[index], sizeof meaning[index]);
    return true;
}

static bool default_factor(lt_fill *f, const ltc_opt *o, void *field)
{
    const lt_node n = { .kind = LT_NODE_STRING, .s = o->str, .at = { f->request->path, 0 } };
    return read_factor(f, o, &n, field);
}

static bool write_factor(const ltc_opt *o, const void *field, lt_text *to)
{
    char text[LT_NUMBER_BYTES];
    const double factor = *(const double *)field;
    (void)o;
    for (size_t i = 0; words[i]; i++) {
        if (!memcmp(&factor, &meaning[i], sizeof factor)) {
            lt_value_write_string(words[i], to);
            return true;
        }
    }
    lt_text_add(to, "%s", lt_real_literal(text, factor));
    return true;
}

const lt_value_type lt_type_factor = {
    .name = "factor", .wants = "a number", .size = sizeof(double),
    .read = read_factor, .take_default = default_factor, .write = write_factor,
};
