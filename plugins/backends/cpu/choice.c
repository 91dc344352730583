/* The choice among the forms of a linear layer. */
#include "choice.h"

/* In a batch: of the usual size, as the optimizer is Adam. */
enum { VECTORS = 4 };

cpu_form cpu_choose_linear(const cpu_linear_case *c, const cpu_costs *t)
{
    const double n = (double)(c->in * c->out), vectors = (c->first ? 2 : 3) * VECTORS,
                 update = t->weight + t->adam;
    const double dense = n * (vectors * t->dense + update);
    const double lists = (double)c->alive * (vectors * t->list + t->entry + update);
    const double strips = n * (c->filled * vectors * t->strip + update);
    if (c->filled < 1 && strips < dense && strips < lists)
        return CPU_FORM_STRIPS;
    return lists < dense ? CPU_FORM_LISTS : CPU_FORM_DENSE;
}

int64_t cpu_segment_width(size_t n, int64_t in, int64_t out)
{
    const double in_each = (double)n / (double)(in * out) * CPU_SEGMENT;
    return in > 2 * CPU_SEGMENT && in_each >= 5 ? CPU_SEGMENT : in;
}

double cpu_filled(const lts_samples *s)
{
    enum { SAMPLES = 1000 };
    const uint8_t *x = s->x;
    const uint64_t step = s->n > SAMPLES ? s->n / SAMPLES : 1;
    uint64_t filled = 0, all = 0;
    for (uint64_t row = 0; row < s->n && all < SAMPLES * (uint64_t)s->count; row += step)
        for (size_t i = 0; i < s->count; i++, all++)
            filled += x[row * s->count + i] != 0;
    return all ? (double)filled / (double)all : 1;
}
