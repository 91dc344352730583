/* The table of a network that `ltcore summary` prints. */
#include "graph/graph.h"

#include <inttypes.h>
#include <string.h>

#include "graph/op.h"

/* The shapes of a node's inputs; at most as many as any operation but CONCAT has, which costs nothing. */
static uint64_t node_macs(const ltc_graph *v, const ltc_node *n)
{
    const ltc_value *in[8] = { NULL };
    for (uint32_t j = 0; j < n->n_in && j < 8; j++)
        in[j] = n->in[j] ? &v->value[n->in[j]] : NULL;
    return lt_op_macs(n, in, &v->value[n->out]);
}

static uint64_t node_params(const ltc_graph *v, const ltc_node *n)
{
    uint64_t count = 0;
    for (uint32_t j = 0; j < n->n_in; j++)
        for (uint32_t p = 0; p < v->n_params; p++)
            if (v->param[p].value == n->in[j] && v->param[p].trained)
                count += v->param[p].n;
    return count;
}

uint64_t lt_graph_param_count(const lt_graph *g)
{
    uint64_t count = 0;
    for (uint32_t p = 0; p < g->view.n_params; p++)
        count += g->view.param[p].trained ? g->view.param[p].n : 0;
    return count;
}

uint64_t lt_graph_macs(const lt_graph *g)
{
    uint64_t macs = 0;
    for (uint32_t i = 0; i < g->view.n_nodes; i++)
        macs += node_macs(&g->view, &g->view.node[i]);
    return macs;
}

/* 1234567 as "1,234,567". */
static const char *grouped(uint64_t n, char text[32])
{
    char digits[24], *to = text;
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

static const char *shape_of(const ltc_value *v, char text[64])
{
    size_t n = 0;
    text[0] = '\0';
    for (uint32_t a = 0; a < v->rank && n < 63; a++)
        n += (size_t)snprintf(text + n, 64 - n, "%s%lld", a ? " x " : "", (long long)v->dim[a]);
    return text;
}

static void print_row(FILE *to, int name_width, const char *name, const char *op, const char *shape,
                      const char *params, const char *macs, const char *note)
{
    fprintf(to, "%-*s  %-13s  %-14s %12s %14s%s%s\n", name_width, name, op, shape, params, macs,
            *note ? "  " : "", note);
}

static const char *role_note(const ltc_graph *v, const ltc_node *n)
{
    for (uint32_t j = 0; j < n->n_in; j++)
        for (uint32_t p = 0; p < v->n_params; p++)
            if (v->param[p].value == n->in[j] && v->param[p].role & LTC_ROLE_WEIGHT)
                return v->param[p].role & LTC_ROLE_OUTPUT     ? "output"
                       : v->param[p].role & LTC_ROLE_SHORTCUT ? "shortcut"
                                                              : "";
    return "";
}

static void print_memory(const ltc_graph *v, uint64_t params, uint32_t batch, FILE *to)
{
    const double mib = 1024.0 * 1024.0;
    uint64_t activations = 0;
    for (uint32_t i = 1; i < v->n_values; i++)
        activations += v->value[i].kind == LTC_SAMPLE ? ltc_value_count(&v->value[i]) : 0;
    fprintf(to, "memory: %.2f MiB parameters; training them with Adam %.2f MiB; "
                "activations of a batch of %u %.2f MiB\n",
            4.0 * (double)params / mib, 16.0 * (double)params / mib, batch,
            4.0 * (double)activations * batch / mib);
}

void lt_graph_summary(const lt_graph *g, uint32_t batch, FILE *to)
{
    const ltc_graph *v = &g->view;
    const uint64_t params = lt_graph_param_count(g);
    char shape[64], count[32], macs[32];
    int width = 5;

    for (uint32_t i = 0; i < v->n_nodes; i++)
        width = (int)strlen(v->node[i].name) > width ? (int)strlen(v->node[i].name) : width;
    print_row(to, width, "name", "operation", "output", "parameters", "mult-adds", "");
    print_row(to, width, "input", "", shape_of(&v->value[v->input], shape), "", "", "");
    for (uint32_t i = 0; i < v->n_nodes; i++) {
        const ltc_node *n = &v->node[i];
        const uint64_t p = node_params(v, n), m = node_macs(v, n);
        print_row(to, width, n->name, lt_op_find(n->op)->name, shape_of(&v->value[n->out], shape),
                  p ? grouped(p, count) : "", m ? grouped(m, macs) : "", role_note(v, n));
    }
    print_row(to, width, "total", "", "", grouped(params, count), grouped(lt_graph_macs(g), macs), "");
    print_memory(v, params, batch, to);
}
