/* Loops compiled for several vector widths. Used by kernels and by what copies for them. */
#ifndef LTS_WIDE_H
#define LTS_WIDE_H

/* A kernel compiled for several vector widths, of which the loader takes the widest. No result depends on it:
 * sums have lanes of their own, and -ffp-contract=off keeps products and sums apart. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LTS_WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LTS_WIDE
#endif

#endif
