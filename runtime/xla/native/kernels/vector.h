/* A vector register's worth of f32. */
#ifndef ARCC_VECTOR_H
#define ARCC_VECTOR_H

#include <immintrin.h>
#include <stdint.h>

/* Compilers split it where registers are narrower. */
typedef float Vector __attribute__((vector_size(64)));
typedef int32_t Integers __attribute__((vector_size(64)));
/* The same in memory, at any multiple of a number's size. */
typedef float Numbers __attribute__((vector_size(64), aligned(4), may_alias));
enum { LANES = 16 };

/* The numbers of `a` where the comparison holds, else those of `b`. */
static inline Vector chosen(Integers where, Vector a, Vector b) {
  return (Vector)(((Integers)a & where) | ((Integers)b & ~where));
}

/* The numbers of `a` where they are larger, else those of `b`: `b` where either is no number. */
static inline Vector larger(Vector a, Vector b) {
#ifdef __AVX512F__
  return (Vector)_mm512_max_ps((__m512)a, (__m512)b);
#else
  return chosen(a > b, a, b);
#endif
}

static inline float sum_of(Vector v) {
  float sum = 0;
  for (int i = 0; i < LANES; i++) sum += v[i];
  return sum;
}

#endif
