/* Owns a network while it is being described: growing lists, open scopes, and the first thing that went
 * wrong. Made by lt_graph_build for one call of an architecture's build(). */
#include "graph/builder.h"

#include <stdlib.h>
#include <string.h>

#include "graph/op.h"
#include "graph/reach.h"
#include "plugin/border.h"

enum { MAX_NAME = 200, MAX_SCOPES = 32, MAX_ITEMS = 1 << 20 };

static const ltc_value one_element = { .rank = 1, .dim = { 1, 1, 1, 1 } };

struct lt_builder {
    ltc_value *value;
    ltc_param *param;
    ltc_node  *node;
    uint32_t   n_values, n_params, n_nodes;
    uint32_t   count_of[LTC_OP_COUNT];        /* how many of each operation were named by number */
    uint32_t   n_scopes;
    size_t     scope_end[MAX_SCOPES];         /* length of prefix before each open scope */
    char       prefix[MAX_NAME + 1];
    lt_arena   arena;
    ltc_builder *table;                       /* lent */
    ltc_value   *shown;                       /* lent by shape() */
    ltc_status   status;                      /* the first error sticks */
    ltc_error    error;
};

static lt_builder *of(ltc_builder *table)
{
    return table->impl;
}

LTC_PRINTF(3, 4) static void stop(lt_builder *b, ltc_status st, const char *fmt, ...)
{
    if (b->status)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(b->error.message, sizeof b->error.message, fmt, ap);
    va_end(ap);
    b->status = st;
}

/* Room for one more element at the power-of-two lengths at which a list is full. */
static bool reserve(lt_builder *b, void *list, uint32_t n, size_t size)
{
    void **p = list, *grown;
    if (n && (n & (n - 1)))
        return true;
    if (n >= MAX_ITEMS || !(grown = realloc(*p, 2 * ((size_t)n + 1) * size))) {
        stop(b, LTC_ENOMEM, "no memory for so large a network");
        return false;
    }
    *p = grown;
    return true;
}

static ltc_val add_value(lt_builder *b, const ltc_value *v)
{
    if (b->status || !reserve(b, &b->value, b->n_values, sizeof *b->value))
        return (ltc_val){ 0 };
    b->value[b->n_values] = *v;
    return (ltc_val){ b->n_values++ };
}

static bool is_name(const char *name)
{
    if (!name || !*name)
        return false;
    for (const char *c = name; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\')
            return false;
    return true;
}

/* The name behind the open scopes' prefix, in the arena. */
static const char *scoped(lt_builder *b, const char *name)
{
    if (!is_name(name) || strlen(b->prefix) + strlen(name) > MAX_NAME) {
        stop(b, LTC_EINVAL,
             "'%.40s' below '%.80s' is no name: printable ASCII without blanks, %d bytes at most",
             name ? name : "", b->prefix, MAX_NAME);
        return NULL;
    }
    const char *full = lt_arena_print(&b->arena, "%s%s", b->prefix, name);
    if (!full)
        stop(b, LTC_ENOMEM, "no memory for a name");
    return full;
}

static bool shape_value(lt_builder *b, const char *name, uint32_t rank, const int64_t *dim, ltc_value *v)
{
    uint64_t n = 1;
    for (uint32_t a = 0; a < 4; a++)
        v->dim[a] = 1;
    bool fits = rank >= 1 && rank <= 4 && dim;
    for (uint32_t a = 0; fits && a < rank; a++) {
        v->dim[a] = dim[a];
        fits = dim[a] >= 1 && dim[a] < (1ll << 31) && (n *= (uint64_t)dim[a]) < (1ull << 31);
    }
    v->rank = rank;
    if (!fits && !b->status)
        stop(b, LTC_EINVAL, "%s: a shape has 1 to 4 dimensions, each at least 1, fewer than 2^31 elements",
             name);
    return fits;
}

static bool is_role(uint32_t role)
{
    const uint32_t tags = LTC_ROLE_OUTPUT | LTC_ROLE_SHORTCUT, one = role & ~tags;
    return one && !(one & (one - 1)) && one <= LTC_ROLE_SCORE;
}

static ltc_val builder_param(ltc_builder *table, const char *name, uint32_t role, uint32_t rank,
                             const int64_t *dim, const ltc_init *init)
{
    lt_builder *b = of(table);
    const char *full = b->status ? NULL : scoped(b, name);
    ltc_value v = { .kind = LTC_PARAM };

    if (!full || !shape_value(b, full, rank, dim, &v))
        return (ltc_val){ 0 };
    if (!is_role(role))
        stop(b, LTC_EINVAL, "%s: 0x%x is not one role and its tags", full, role);
    if (init &&
        (init->kind > LTC_INIT_KAIMING_NORMAL || !(init->a - init->a == 0) || !(init->b - init->b == 0)))
        stop(b, LTC_EINVAL, "%s: its initialiser is unknown or not finite", full);
    for (uint32_t i = 0; i < b->n_params; i++)
        if (!strcmp(b->param[i].name, full))
            stop(b, LTC_EINVAL, "two parameters are named %s", full);
    if (b->status || !reserve(b, &b->param, b->n_params, sizeof *b->param))
        return (ltc_val){ 0 };
    const ltc_val id = add_value(b, &v);
    if (id.id)
        b->param[b->n_params++] = (ltc_param){
            .name = full, .value = id.id, .role = role, .trained = !(role & LTC_ROLE_STAT),
            .init = init ? *init : (ltc_init){ 0 }, .n = ltc_value_count(&v),
        };
    return id;
}

/* Do the inputs fit the letters of ops.def? Samples for x, parameters for the rest. */
static bool inputs_fit(lt_builder *b, const char *name, uint32_t op, const ltc_val *in, uint32_t n)
{
    const char *letter = lt_op_inputs(op);
    uint32_t i = 0;
    for (; *letter; letter++) {
        const bool optional = letter[1] == '?', many = letter[1] == '*';
        do {
            const uint32_t id = i < n ? in[i].id : 0, kind = *letter == 'x' ? LTC_SAMPLE : LTC_PARAM;
            if (id >= b->n_values || (!id && !optional) || (id && b->value[id].kind != kind)) {
                stop(b, LTC_EINVAL, "%s: input %u is %s", name, i,
                     id && id < b->n_values ? "a parameter where a value is due, or the reverse" : "missing");
                return false;
            }
            i++;
        } while (many && i < n);
        letter += optional || many;
    }
    if (i < n)
        stop(b, LTC_EINVAL, "%s: takes %u input(s), has %u", name, i, n);
    return i >= n;
}

/* The node's name: the scopes' prefix and either what the caller says, or the operation's own
 * name and a number. */
static const char *node_name(lt_builder *b, const lt_op *op, uint32_t number, const char *name)
{
    char own[40];
    if (name)
        return scoped(b, name);
    snprintf(own, sizeof own, "%s%u", op->name, ++b->count_of[number]);
    return scoped(b, own);
}

static bool copy_into(lt_builder *b, ltc_node *node, const ltc_val *in, const void *desc)
{
    uint32_t *ids = lt_arena_array(&b->arena, node->n_in, sizeof *ids);
    void *own = node->desc_size ? lt_arena_array(&b->arena, node->desc_size, 1) : NULL;
    if (!ids || (node->desc_size && !own)) {
        stop(b, LTC_ENOMEM, "no memory for so large a network");
        return false;
    }
    for (uint32_t i = 0; i < node->n_in; i++)
        ids[i] = in[i].id;
    if (own)
        memcpy(own, desc, node->desc_size);
    node->in = ids;
    node->desc = own;
    return true;
}

static ltc_val append(lt_builder *b, ltc_node *node)
{
    const ltc_value *shapes[8], **in = shapes;
    ltc_value out;
    ltc_error why = { .message = "" };

    if (node->n_in > 8 && !(in = lt_array(node->n_in, sizeof *in))) {
        stop(b, LTC_ENOMEM, "no memory for so large a network");
        return (ltc_val){ 0 };
    }
    for (uint32_t i = 0; i < node->n_in; i++)
        in[i] = node->in[i] ? &b->value[node->in[i]] : NULL;
    const ltc_status st = lt_op_shape(node, in, &out, &why);
    if (in != shapes)
        free(in);
    if (st)
        stop(b, st, "%s: %s", node->name, why.message);
    if (st || !reserve(b, &b->node, b->n_nodes, sizeof *b->node))
        return (ltc_val){ 0 };
    const ltc_val id = add_value(b, &out);
    node->out = id.id;
    if (id.id)
        b->node[b->n_nodes++] = *node;
    return id;
}

static ltc_val builder_emit(ltc_builder *table, uint32_t op, const char *name, const ltc_val *in,
                            uint32_t n_in, const void *desc, uint32_t desc_size)
{
    lt_builder *b = of(table);
    const lt_op *known = lt_op_find(op);
    ltc_node node = { .op = op, .n_in = n_in, .desc_size = desc_size };

    if (b->status)
        return (ltc_val){ 0 };
    if (!known) {
        stop(b, LTC_EUNSUPPORTED, "operation %u is newer than this core", op);
        return (ltc_val){ 0 };
    }
    node.name = node_name(b, known, op, name);
    if (node.name && (desc_size != known->desc_size || (desc_size && !desc)))
        stop(b, LTC_EINVAL, "%s: a desc of %u bytes, %s has %u", node.name, desc_size, known->name,
             known->desc_size);
    /* optional inputs at the end may be left out, but the node then has them as 0, so that every
     * reader finds them */
    ltc_val full[8] = { { 0 } };
    const uint32_t due = (uint32_t)strcspn(lt_op_inputs(op), "?*");
    if (!b->status && n_in <= due && due <= 8) {
        memcpy(full, in, n_in * sizeof *in);
        node.n_in = due;
        in = full;
    }
    if (b->status || !inputs_fit(b, node.name, op, in, node.n_in) || !copy_into(b, &node, in, desc))
        return (ltc_val){ 0 };
    return append(b, &node);
}

static const ltc_value *builder_shape(ltc_builder *table, ltc_val v)
{
    lt_builder *b = of(table);
    const bool known = !b->status && v.id && v.id < b->n_values;
    if (!known)
        stop(b, LTC_EINVAL, "the shape of a value that does not exist was asked for");
    memcpy(b->shown, known ? &b->value[v.id] : &one_element, sizeof *b->shown);
    return b->shown;
}

static void tag_param(lt_builder *b, uint32_t value, uint32_t role)
{
    for (uint32_t i = 0; i < b->n_params; i++)
        if (b->param[i].value == value)
            b->param[i].role |= role;
}

static void builder_tag(ltc_builder *table, ltc_val v, uint32_t role)
{
    lt_builder *b = of(table);
    if (!b->status && (role & ~(uint32_t)(LTC_ROLE_OUTPUT | LTC_ROLE_SHORTCUT)))
        stop(b, LTC_EINVAL, "0x%x is not a tag", role);
    if (b->status || !v.id || v.id >= b->n_values)
        return;
    tag_param(b, v.id, role);
    for (uint32_t i = 0; i < b->n_nodes; i++)
        for (uint32_t j = 0; b->node[i].out == v.id && j < b->node[i].n_in; j++)
            tag_param(b, b->node[i].in[j], role);
}

static void builder_scope(ltc_builder *table, const char *name)
{
    lt_builder *b = of(table);
    if (b->status)
        return;
    if (!name && !b->n_scopes) {
        stop(b, LTC_EINVAL, "a scope is closed that was not opened");
    } else if (!name) {
        b->prefix[b->scope_end[--b->n_scopes]] = '\0';
    } else if (b->n_scopes == MAX_SCOPES) {
        stop(b, LTC_EINVAL, "more than %d scopes in one another", MAX_SCOPES);
    } else if (scoped(b, name)) {
        const size_t end = strlen(b->prefix);
        b->scope_end[b->n_scopes++] = end;
        snprintf(b->prefix + end, sizeof b->prefix - end, "%s.", name);
    }
}

static const char *builder_error(ltc_builder *table)
{
    const lt_builder *b = of(table);
    return b->status ? b->error.message : NULL;
}

ltc_status lt_builder_create(const lt_graph_request *r, uint32_t builder_size, uint32_t value_size,
                             lt_builder **out, ltc_builder **table, ltc_error *err)
{
    lt_builder *b = lt_array(1, sizeof *b);
    if (!b || !(b->table = lt_array(1, lt_lent_size(builder_size, sizeof *b->table))) ||
        !(b->shown = lt_array(1, lt_lent_size(value_size, sizeof *b->shown)))) {
        lt_builder_destroy(b);
        return ltc_fail(err, LTC_ENOMEM, "no memory to build a network");
    }
    ltc_value input = { .kind = LTC_SAMPLE };
    add_value(b, &(ltc_value){ 0 });          /* value 0 does not exist */
    shape_value(b, "input", r->rank, r->dim, &input);
    *b->table = (ltc_builder){
        .size = sizeof *b->table, .n_classes = r->n_classes, .input = add_value(b, &input), .impl = b,
        .param = builder_param, .emit = builder_emit, .shape = builder_shape, .tag = builder_tag,
        .scope = builder_scope, .error = builder_error,
    };
    *out = b;
    *table = b->table;
    return LTC_OK;
}

void lt_builder_destroy(lt_builder *b)
{
    if (!b)
        return;
    free(b->value), free(b->param), free(b->node), free(b->table), free(b->shown);
    lt_arena_free(&b->arena);
    free(b);
}

static void check_logits(lt_builder *b, ltc_val logits)
{
    if (b->status)
        return;
    const ltc_value *v = logits.id && logits.id < b->n_values ? &b->value[logits.id] : NULL;
    if (!v || v->kind != LTC_SAMPLE || v->rank != 1 || v->dim[0] != b->table->n_classes)
        stop(b, LTC_EINVAL, "its logits must be one value of %u elements, one a class", b->table->n_classes);
    if (b->n_scopes)
        stop(b, LTC_EINVAL, "the scope '%s' was not closed", b->prefix);
}

/* Copies a list into the arena. */
static void *keep(lt_builder *b, const void *list, size_t n, size_t size)
{
    void *own = lt_arena_array(&b->arena, n, size);
    if (!own)
        stop(b, LTC_ENOMEM, "no memory to build a network");
    else if (n)
        memcpy(own, list, n * size);
    return own;
}

ltc_status lt_builder_finish(lt_builder *b, ltc_val logits, lt_graph *g, ltc_error *err)
{
    check_logits(b, logits);
    ltc_graph view = {
        .size = sizeof view, .node_size = sizeof(ltc_node), .param_size = sizeof(ltc_param),
        .value_size = sizeof(ltc_value), .n_nodes = b->n_nodes, .n_params = b->n_params,
        .n_values = b->n_values, .input = b->table->input.id, .logits = logits.id,
    };
    if (!b->status)
        b->status = lt_reach_check(b->node, b->n_nodes, b->param, b->n_params, b->n_values, logits.id,
                                   &b->error);
    if (!b->status) {
        view.node = keep(b, b->node, b->n_nodes, sizeof *b->node);
        view.param = keep(b, b->param, b->n_params, sizeof *b->param);
        view.value = keep(b, b->value, b->n_values, sizeof *b->value);
    }
    if (b->status) {
        *err = b->error;
        return b->status;
    }
    *g = (lt_graph){ .view = view, .arena = b->arena };
    b->arena = (lt_arena){ 0 };
    return LTC_OK;
}
