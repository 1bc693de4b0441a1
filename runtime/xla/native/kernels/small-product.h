/* Products of matrices that fit into a core's cache, in f32. */
#ifndef ARCC_SMALL_PRODUCT_H
#define ARCC_SMALL_PRODUCT_H

#include <stdint.h>

/* A vector register's worth of numbers; compilers split it where registers are narrower. */
typedef float Vector __attribute__((vector_size(64)));
typedef int32_t Integers __attribute__((vector_size(64)));
enum { LANES = 16 };

/* The numbers of `a` where the comparison holds, else those of `b`. */
static inline Vector chosen(Integers where, Vector a, Vector b) {
  return (Vector)(((Integers)a & where) | ((Integers)b & ~where));
}

/* `n` rounded up to whole vectors. */
static inline int64_t padded(int64_t n) { return (n + LANES - 1) / LANES * LANES; }

/*
 * c [m,n] = a [m,k] b [k,n]. Element (i,j) of a lies at a[i * rowA + j * columnA]. Rows of b and c take `padded(n)` numbers and
 * start at multiples of a vector's size.
 */
void small_product(int64_t m, int64_t n, int64_t k, const float *a, int64_t rowA, int64_t columnA, const float *b, float *c);

#endif
