#include "small-product.h"

enum { ROWS = 8, COLUMNS = 3 };

/* A block of the result that stays in registers. The sizes are constants where it is inlined. */
static inline __attribute__((always_inline)) void block(int rows, int columns, int64_t k, const float *a, int64_t rowA,
                                                        int64_t columnA, const float *b, float *c, int64_t width, int how) {
  Vector sum[ROWS][COLUMNS] = {0};
  if (how == ADD)
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
      for (int j = 0; j < columns; j++) sum[i][j] = ((const Vector *)(c + i * width))[j];
  for (int64_t p = 0; p < k; p++) {
    const Vector *row = (const Vector *)(b + p * width);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      float factor = a[i * rowA + p * columnA];
#pragma GCC unroll 3
      for (int j = 0; j < columns; j++) sum[i][j] += factor * row[j];
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
    for (int j = 0; j < columns; j++) ((Vector *)(c + i * width))[j] = sum[i][j];
}

static inline __attribute__((always_inline)) void strip(int columns, int64_t m, int64_t k, const float *a, int64_t rowA,
                                                        int64_t columnA, const float *b, float *c, int64_t width, int how) {
  int64_t i = 0;
  for (; i + ROWS <= m; i += ROWS) block(ROWS, columns, k, a + i * rowA, rowA, columnA, b, c + i * width, width, how);
  for (; i < m; i++) block(1, columns, k, a + i * rowA, rowA, columnA, b, c + i * width, width, how);
}

void small_product(int64_t m, int64_t n, int64_t k, const float *a, int64_t rowA, int64_t columnA, const float *b, float *c,
                   int how) {
  int64_t width = padded(n);
  for (int64_t j = 0; j < width; j += COLUMNS * LANES) {
    int64_t left = (width - j) / LANES;
    if (left >= COLUMNS) strip(COLUMNS, m, k, a, rowA, columnA, b + j, c + j, width, how);
    else if (left == 2) strip(2, m, k, a, rowA, columnA, b + j, c + j, width, how);
    else strip(1, m, k, a, rowA, columnA, b + j, c + j, width, how);
  }
}
