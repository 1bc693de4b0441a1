#include "sums.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { PRED = 1, S8 = 2, S32 = 4, U8 = 6, U32 = 8, F16 = 10, F32 = 11, F64 = 12, BF16 = 16 };

size_t element_size(int dtype) {
  switch (dtype) {
    case PRED: case S8: case U8: return 1;
    case F16: case BF16: return 2;
    case S32: case U32: case F32: return 4;
    case F64: return 8;
  }
  return 0;
}

int is_reducible(int dtype) { return element_size(dtype) > 0; }

static inline float of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float from_bf16(uint16_t bits) { return of_bits((uint32_t)bits << 16); }

/* To the nearest, ties to even; a NaN keeps its upper bits. */
static inline uint16_t to_bf16(float value) {
  uint32_t bits = bits_of(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* Without arithmetic on numbers below the normal f32: XLA's threads take those for 0. */
static inline float from_f16(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, size = half & 0x7fff;
  if (size < 0x400) return of_bits(sign | bits_of((float)size * 0x1p-24f));
  if (size >= 0x7c00) return of_bits(sign | 0x7f800000 | (size & 0x3ff) << 13);
  return of_bits(sign | ((size << 13) + 0x38000000));
}

static inline uint16_t to_f16(float value) {
  uint32_t bits = bits_of(value), size = bits & 0x7fffffff;
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  if (size > 0x7f800000) return (uint16_t)(sign | 0x7e00);
  if (size >= 0x477ff000) return (uint16_t)(sign | 0x7c00);
  /* Below the normal numbers: adding 0.5 leaves a multiple of 2^-24 in the lowest bits, rounded by the processor. */
  if (size < 0x38800000) return (uint16_t)(sign | (bits_of(of_bits(size) + 0.5f) - 0x3f000000));
  return (uint16_t)(sign | ((size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13));
}

#define SAME(x) (x)
#define LARGER(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))

#define REDUCE(T, ACC, READ, WRITE, LEAST)                                                            \
  {                                                                                                   \
    T *restrict to_ = (T *)to;                                                                        \
    size_t n = bytes / sizeof(T);                                                                     \
    if (is_first)                                                                                     \
      for (size_t i = 0; i < n; i++) to_[i] = WRITE((ACC)(reduction == SUM ? 0 : LEAST));             \
    for (int j = 0; j < count; j++) {                                                                 \
      const T *restrict x = (const T *)(from[j] + at);                                                \
      if (reduction == SUM)                                                                           \
        for (size_t i = 0; i < n; i++) to_[i] = WRITE((ACC)(READ(to_[i]) + READ(x[i])));              \
      else                                                                                            \
        for (size_t i = 0; i < n; i++) to_[i] = WRITE((ACC)LARGER(READ(to_[i]), READ(x[i])));         \
    }                                                                                                 \
    return;                                                                                           \
  }

void reduce(int dtype, int reduction, int is_first, char *to, const char *const *from, int count, size_t at, size_t bytes) {
  switch (dtype) {
    case PRED: case U8: REDUCE(uint8_t, uint8_t, SAME, SAME, 0)
    /* Sums of integers wrap around, which only unsigned ones do in C; to find the larger one, the sign counts. */
    case S8:
      if (reduction == SUM) REDUCE(uint8_t, uint8_t, SAME, SAME, 0)
      REDUCE(int8_t, int8_t, SAME, SAME, INT8_MIN)
    case S32:
      if (reduction == SUM) REDUCE(uint32_t, uint32_t, SAME, SAME, 0)
      REDUCE(int32_t, int32_t, SAME, SAME, INT32_MIN)
    case U32: REDUCE(uint32_t, uint32_t, SAME, SAME, 0)
    case F32: REDUCE(float, float, SAME, SAME, -INFINITY)
    case F64: REDUCE(double, double, SAME, SAME, -INFINITY)
    case F16: REDUCE(uint16_t, float, from_f16, to_f16, -INFINITY)
    case BF16: REDUCE(uint16_t, float, from_bf16, to_bf16, -INFINITY)
  }
}
