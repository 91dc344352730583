/* Rank: the lowest scores of several tensors, found exactly and without sorting. For selection.c. */
#ifndef LT_PRUNE_RANK_H
#define LT_PRUNE_RANK_H

#include <stddef.h>
#include <stdint.h>

/* One tensor of those that are ranked together; the order of the array is that of the ties. */
typedef struct lt_ranked {
    const float *score;                       /* [n]; finite where mask is 1, never read elsewhere */
    uint8_t     *mask;                        /* [n]: 0 or 1 */
    size_t       n;
    uint64_t     least;                       /* so many stay, or all that it has: lt_rank_cut_above only */
} lt_ranked;

/* Clears the mask of the k lowest among the places where it is 1, in the total order (score, tensor,
 * element); -0.0 and +0.0 tie. k is at most the number of those places. O(n), in constant memory. */
void lt_rank_cut(const lt_ranked *part, size_t n_parts, uint64_t k);

/* The same, but each part keeps its `least`: what a part may not give, the others do. So many must be there:
 * k is at most what is left when each is at its floor. The parts change their places. */
void lt_rank_cut_above(lt_ranked *part, size_t n_parts, uint64_t k);

#endif
