/* Products of matrices that fit into a core's cache, in f32. */
#ifndef ARCC_SMALL_PRODUCT_H
#define ARCC_SMALL_PRODUCT_H

#include "vector.h"

/* `n` rounded up to whole vectors. */
static inline int64_t padded(int64_t n) { return (n + LANES - 1) / LANES * LANES; }

/*
 * c [m,n] = a [m,k] b [k,n], or c + a b. Element (i,j) of a lies at a[i * rowA + j * columnA]. Rows of b and c take `padded(n)`
 * numbers and start at multiples of a vector's size.
 */
enum { ASSIGN, ADD };
void small_product(int64_t m, int64_t n, int64_t k, const float *a, int64_t rowA, int64_t columnA, const float *b, float *c,
                   int how);

#endif
