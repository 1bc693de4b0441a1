/* Sums and maxima of tensors of all element types. */
#ifndef ARCC_SUMS_H
#define ARCC_SUMS_H

#include <stddef.h>

enum { SUM, MAXIMUM };

/* Bytes of an element of XLA's type; 0 for types that graphs do not have. */
size_t element_size(int dtype);

/* Whether elements of the type can be reduced. */
int is_reducible(int dtype);

/*
 * to[i] = (to[i] +) from[0][at + i] + from[1][at + i] + …, in this order and rounded after each; `at` and `bytes` in bytes. The first sum
 * starts with 0, or with the smallest number, as XLA's own does; NaN is the maximum of NaN and anything.
 */
void reduce(int dtype, int reduction, int is_first, char *to, const char *const *from, int count, size_t at, size_t bytes);

#endif
