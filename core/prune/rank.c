/* Owns nothing: a radix selection over the bits of the scores, so that equal inputs take equal steps whatever
 * their order, and nothing is copied. */
#include "prune/rank.h"

#include <assert.h>
#include <string.h>

/* Integers in the order of the floats: the sign bit flipped, and all others too below zero. */
static uint32_t key_of(float score)
{
    const float s = score + 0.0f;             /* -0.0 becomes +0.0 */
    uint32_t bits;
    memcpy(&bits, &s, sizeof bits);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/* Counts the alive keys that agree with `prefix` above the byte at `shift`, by that byte. */
static void count_bytes(const lt_ranked *part, size_t n_parts, uint32_t prefix, int shift,
                        uint64_t count[256])
{
    const uint64_t above = (uint64_t)prefix >> shift >> 8;
    memset(count, 0, 256 * sizeof *count);
    for (size_t t = 0; t < n_parts; t++)
        for (size_t i = 0; i < part[t].n; i++) {
            if (!part[t].mask[i])
                continue;
            const uint32_t key = key_of(part[t].score[i]);
            if ((uint64_t)key >> shift >> 8 == above)
                count[key >> shift & 0xff]++;
        }
}

/* The key with exactly *k alive keys before it in the total order; *k becomes how many of those are equal to
 * it. */
static uint32_t find_key(const lt_ranked *part, size_t n_parts, uint64_t *k)
{
    uint32_t key = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        uint64_t count[256];
        uint32_t byte = 0;
        count_bytes(part, n_parts, key, shift, count);
        for (; byte < 255 && count[byte] <= *k; byte++)
            *k -= count[byte];
        key |= byte << shift;
    }
    return key;
}

static uint64_t count_alive(const lt_ranked *part, size_t n_parts)
{
    uint64_t n = 0;
    for (size_t t = 0; t < n_parts; t++)
        for (size_t i = 0; i < part[t].n; i++)
            n += part[t].mask[i];
    return n;
}

/* Clears what is below `key`, and the first `equal` of those that are it. */
static void clear_below(const lt_ranked *part, size_t n_parts, uint32_t key, uint64_t equal)
{
    for (size_t t = 0; t < n_parts; t++)
        for (size_t i = 0; i < part[t].n; i++) {
            if (!part[t].mask[i])
                continue;
            const uint32_t its = key_of(part[t].score[i]);
            if (its < key || (its == key && equal))
                part[t].mask[i] = 0, equal -= its == key;
        }
}

void lt_rank_cut(const lt_ranked *part, size_t n_parts, uint64_t k)
{
    const uint64_t alive = count_alive(part, n_parts);
    assert(k <= alive);
    if (k == alive) {                         /* no key has all of them before it */
        for (size_t t = 0; t < n_parts; t++)
            memset(part[t].mask, 0, part[t].n);
        return;
    }
    const uint32_t key = find_key(part, n_parts, &k);
    clear_below(part, n_parts, key, k);
}

/* How many of one part are below `key`, or among the first *equal of those that are it. */
static uint64_t count_below(const lt_ranked *part, uint32_t key, uint64_t *equal)
{
    uint64_t below = 0;
    for (size_t i = 0; i < part->n; i++) {
        if (!part->mask[i])
            continue;
        const uint32_t its = key_of(part->score[i]);
        if (its < key || (its == key && *equal))
            below++, *equal -= its == key;
    }
    return below;
}

/* Parts that a cut of *k would leave below their floors are cut down to them, and are out of it. The
 * number of those that stay in. */
static size_t cut_to_floors(lt_ranked *part, size_t n_parts, uint64_t *k)
{
    size_t stay = 0;
    if (*k == count_alive(part, n_parts))
        return n_parts;
    uint64_t equal = *k, left = *k;
    const uint32_t key = find_key(part, n_parts, &equal);
    for (size_t t = 0; t < n_parts; t++) {
        const uint64_t alive = count_alive(&part[t], 1);
        const uint64_t floor = alive < part[t].least ? alive : part[t].least;
        if (alive - count_below(&part[t], key, &equal) >= floor) {
            part[stay++] = part[t];
        } else {
            lt_rank_cut(&part[t], 1, alive - floor);
            left -= alive - floor;
        }
    }
    *k = left;
    return stay;
}

/* Each pass puts at least one part at its floor, which lowers what the others keep: none of those put
 * there before would have been above it. */
void lt_rank_cut_above(lt_ranked *part, size_t n_parts, uint64_t k)
{
    for (size_t before = n_parts + 1; n_parts < before;) {
        before = n_parts;
        n_parts = cut_to_floors(part, n_parts, &k);
    }
    lt_rank_cut(part, n_parts, k);
}
