/*
 * Self-attention of several heads and its gradient, one head of one sample and a strip of its queries at a time, so that the scores
 * of all keys for them stay in the core's first cache and never go to memory. Each lane of a vector has a query of its own, so maxima
 * and sums over the keys need no exchange of lanes. The gradient computes the shares again. Everything is f32 inside.
 *
 * qkv [B,T,3,H,D]: queries, keys and values of all heads; y [B,T,H,D]; dy dqkv their gradients. f32 or bf16, all the same.
 * For one head: q k v [T,D], scores s = q kᵀ / divisor, shares p = softmax(s) over the last dim, y = p v.
 *
 * arcc_attention(qkv) -> y, arcc_attention(qkv, dy) -> dqkv; attribute: the sizes, then the bits of the f32 divisor.
 */
#include "bf16.h"
#include "kernel.h"
#include "small-product.h"

typedef struct {
  int64_t b, t, h, d, divisor;
} Sizes;

enum { NUMBERS = sizeof(Sizes) / sizeof(int64_t) };

typedef struct {
  Sizes sizes;
  float factor;
  int dtype, parts;
  const char *qkv, *dy; /* dy is NULL in the forward pass */
  char *out;
  volatile int failed;
} Work;

/* e^x for x up to 0, and NaN for NaN; relative error 1e-7, below e^-87 that number. */
static inline Vector exponential(Vector x) {
  const float round = 12582912.0f; /* 1.5 · 2^23: adding it rounds to an integer */
  x = larger((Vector){0} - 87.0f, x);
  Vector n = (x * 1.44269504f + round) - round;
  Vector r = x - n * 0.693359375f + n * 2.12194440e-4f;
  Vector y = 1.9875691500e-4f * r + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * r * r + r + 1.0f;
  Integers power = (__builtin_convertvector(n, Integers) + 127) << 23;
  return y * (Vector)power;
}

/* [T,D] of a tensor whose tokens are `stride` elements apart, as rows of `padded(D)` numbers in f32. */
static void load(const Work *work, const char *from, int64_t stride, float *to) {
  int64_t d = work->sizes.d, width = padded(d);
  for (int64_t i = 0; i < work->sizes.t; i++, to += width) {
    if (work->dtype == XLA_BF16) {
      const uint16_t *row = (const uint16_t *)from + i * stride;
      for (int64_t j = 0; j < d; j++) to[j] = widen(row[j]);
    } else memcpy(to, (const float *)from + i * stride, (size_t)d * sizeof(float));
    for (int64_t j = d; j < width; j++) to[j] = 0;
  }
}

static void store(const Work *work, const float *from, char *to, int64_t stride) {
  int64_t d = work->sizes.d, width = padded(d);
  for (int64_t i = 0; i < work->sizes.t; i++, from += width) {
    if (work->dtype == XLA_BF16) {
      uint16_t *row = (uint16_t *)to + i * stride;
      for (int64_t j = 0; j < d; j++) row[j] = narrow(from[j]);
    } else memcpy((float *)to + i * stride, from, (size_t)d * sizeof(float));
  }
}

/* Queries of a strip: their scores stay in the first cache. */
enum { STRIP = 3 * LANES };

/* Tokens [from, from + columns) of [T,D], as columns: [D,padded(columns)]. The rest of a row is 0. */
static void turn(int64_t d, const float *rows, int64_t columns, float *to) {
  int64_t width = padded(d), length = padded(columns);
  for (int64_t j = 0; j < d; j++) {
    for (int64_t i = 0; i < columns; i++) to[j * length + i] = rows[i * width + j];
    for (int64_t i = columns; i < length; i++) to[j * length + i] = 0;
  }
}

/* Columns of scores become e^((s - most) / divisor); `inverse` gets 1 / the sum of each. */
static void softmax(const Work *work, Vector *scores, int64_t whole, Vector *inverse) {
  int64_t t = work->sizes.t;
  for (int64_t j = 0; j < whole; j++) {
    Vector *column = scores + j, most = column[0], total = {0};
    for (int64_t i = 1; i < t; i++) most = larger(column[i * whole], most);
    for (int64_t i = 0; i < t; i++) total += column[i * whole] = exponential((column[i * whole] - most) * work->factor);
    inverse[j] = 1 / total;
  }
}

/* Powers become shares, p = e / Σ e, and gradients of shares those of scores, p (dp - Σ dp p) / divisor. */
static void softmax_gradient(const Work *work, Vector *powers, Vector *gradients, int64_t whole, const Vector *inverse) {
  int64_t t = work->sizes.t;
  for (int64_t j = 0; j < whole; j++) {
    Vector *p = powers + j, *dp = gradients + j, sum = {0};
    for (int64_t i = 0; i < t; i++) {
      p[i * whole] *= inverse[j];
      sum += p[i * whole] * dp[i * whole];
    }
    for (int64_t i = 0; i < t; i++) dp[i * whole] = p[i * whole] * (dp[i * whole] - sum) * work->factor;
  }
}

/* A thread's memory for one head: rows of `padded(D)` numbers, strips with a row for each channel or key. */
typedef struct {
  float *q, *k, *v, *dy, *result, *dk, *dv, *turned, *powers, *gradients;
} Own;

static size_t place(const Sizes *s, float *memory, Own *own) {
  size_t rows = (size_t)(s->t * padded(s->d)), turned = (size_t)(s->d * STRIP), strip = (size_t)(s->t * STRIP), used = 0;
  float **const parts[] = {&own->q,  &own->k,  &own->v,      &own->dy,     &own->result,
                           &own->dk, &own->dv, &own->turned, &own->powers, &own->gradients};
  const size_t sizes[] = {rows, rows, rows, rows, rows, rows, rows, turned, strip, strip};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; used += sizes[i++])
    if (memory != NULL) *parts[i] = memory + used;
  return used * sizeof(float);
}

static void one_head(const Work *work, int64_t sample, int64_t head, const Own *own) {
  const Sizes *s = &work->sizes;
  int64_t t = s->t, d = s->d, width = padded(d), all = s->h * d;
  size_t bytes = element_bytes(work->dtype);
  size_t joint = (size_t)(sample * t * 3 * all + head * d) * bytes, alone = (size_t)(sample * t * all + head * d) * bytes;
  const char *qkv = work->qkv + joint;
  float *const parts[] = {own->q, own->k, own->v};
  for (int i = 0; i < 3; i++) load(work, qkv + (size_t)(i * all) * bytes, 3 * all, parts[i]);
  if (work->dy != NULL) load(work, work->dy + alone, all, own->dy);
  for (int64_t from = 0; from < t; from += STRIP) {
    int64_t columns = t - from < STRIP ? t - from : STRIP, length = padded(columns), whole = length / LANES;
    Vector inverse[STRIP / LANES];
    float *result = own->result + from * width;
    turn(d, own->q + from * width, columns, own->turned);
    small_product(t, columns, d, own->k, width, 1, own->turned, own->powers, ASSIGN);
    softmax(work, (Vector *)own->powers, whole, inverse);
    if (work->dy == NULL) {
      small_product(columns, d, t, own->powers, 1, length, own->v, result, ASSIGN);
      for (int64_t i = 0; i < columns; i++)
        for (int64_t j = 0; j < width; j++) result[i * width + j] *= ((const float *)inverse)[i];
      continue;
    }
    turn(d, own->dy + from * width, columns, own->turned);
    small_product(t, columns, d, own->v, width, 1, own->turned, own->gradients, ASSIGN);
    softmax_gradient(work, (Vector *)own->powers, (Vector *)own->gradients, whole, inverse);
    int how = from == 0 ? ASSIGN : ADD;
    small_product(t, d, columns, own->powers, length, 1, own->dy + from * width, own->dv, how);
    small_product(t, d, columns, own->gradients, length, 1, own->q + from * width, own->dk, how);
    small_product(columns, d, t, own->gradients, 1, length, own->k, result, ASSIGN);
  }
  if (work->dy == NULL) {
    store(work, own->result, work->out + alone, all);
    return;
  }
  const float *const results[] = {own->result, own->dk, own->dv};
  for (int i = 0; i < 3; i++) store(work, results[i], work->out + joint + (size_t)(i * all) * bytes, 3 * all);
}

static void run(void *given, int phase, int part) {
  Work *work = given;
  const Sizes *s = &work->sizes;
  (void)phase;
  Own own;
  float *memory = scratch(ROLE_OWN, place(s, NULL, &own));
  if (memory == NULL) {
    work->failed = 1;
    return;
  }
  place(s, memory, &own);
  int64_t from, to;
  part_of(s->b * s->h, 1, work->parts, part, &from, &to);
  for (int64_t i = from; i < to; i++) one_head(work, i / s->h, i % s->h, &own);
}

ARCC_HANDLER XlaError *arcc_attention(XlaCall *call) {
  if (answers_metadata(call)) return NULL;
  const int64_t *numbers = numbers_of(call, NUMBERS);
  if (numbers == NULL) return fail(call, "arcc_attention: the sizes are missing");
  int isGradient = call->arguments.size > 1;
  Work work = {.dtype = argument(call, 0)->dtype, .qkv = argument(call, 0)->data, .out = result(call, 0)->data};
  memcpy(&work.sizes, numbers, sizeof work.sizes);
  if (isGradient) work.dy = argument(call, 1)->data;
  uint32_t bits = (uint32_t)work.sizes.divisor;
  float divisor;
  memcpy(&divisor, &bits, sizeof divisor);
  work.factor = 1 / divisor;
  /* More parts than threads: the pool may be busy with something else. */
  int64_t heads = work.sizes.b * work.sizes.h, most = 4 * pool_threads(call);
  work.parts = (int)(heads < most ? heads : most);
  Plan plan = {1, {work.parts}, run};
  run_plan(call, &plan, &work);
  return work.failed ? fail(call, "arcc_attention: no memory") : NULL;
}
