/* Residual blocks, as torchvision's resnet.py builds and names them: what the networks of He et al. 2016
 * share. */
#ifndef ARCH_RESIDUAL_H
#define ARCH_RESIDUAL_H

#include <ltcore/ops.h>

/* BASIC: 3 x 3, 3 x 3. BOTTLENECK: 1 x 1, 3 x 3, 1 x 1 to four times the width; the stride is the 3 x 3's. */
enum { RESIDUAL_BASIC, RESIDUAL_BOTTLENECK };

/* Where shapes differ, the shortcut is: A, without parameters, every stride-th pixel and channels of zeros,
 * half of them on either side; B, a 1 x 1 convolution and its norm. */
enum { RESIDUAL_SHORTCUT_A, RESIDUAL_SHORTCUT_B };

typedef struct residual_stage {
    int64_t  width;                           /* channels of its 3 x 3 convolutions */
    int      block, shortcut, n_blocks;
    uint32_t stride;                          /* of the first block */
} residual_stage;

/* A convolution without bias and its norm, called conv<i> and bn<i>. */
ltc_val residual_conv(ltc_builder *b, ltc_val x, int i, ltc_conv2d_args a);

/* A stage of blocks, whose parameters are called <name>.0.conv1.weight and so on. */
ltc_val residual_stage_build(ltc_builder *b, ltc_val x, const char *name, const residual_stage *s);

/* The mean over space, and one linear layer "fc". */
ltc_val residual_head(ltc_builder *b, ltc_val x);

#endif
