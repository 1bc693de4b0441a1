/*
 * Self-attention of several heads and its gradient, one head of one sample at a time, so that the matrix of all pairs of tokens
 * stays in the core's cache and never goes to memory. The gradient computes the shares again. Everything is f32 inside.
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

/* e^x for x where the result is a normal number or rounds to 0 or infinity; relative error 1e-7; NaN stays NaN. */
static inline Vector exponential(Vector x) {
  const float round = 12582912.0f; /* 1.5 · 2^23: adding it rounds to an integer */
  x = chosen(x < -87.0f, (Vector){0} - 87.0f, x);
  x = chosen(x > 88.0f, (Vector){0} + 88.0f, x);
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

/* [T,D] -> [D,T], both with padded rows. */
static void transpose(const Sizes *s, const float *from, float *to) {
  int64_t width = padded(s->d), length = padded(s->t);
  memset(to, 0, (size_t)(s->d * length) * sizeof(float));
  for (int64_t i = 0; i < s->t; i++)
    for (int64_t j = 0; j < s->d; j++) to[j * length + i] = from[i * width + j];
}

/* Rows of scores, times 1 / divisor, become shares. Numbers beyond T are 0. */
static void softmax(const Work *work, float *scores) {
  int64_t t = work->sizes.t, length = padded(t), whole = length / LANES;
  for (int64_t i = 0; i < t; i++) {
    float *row = scores + i * length;
    Vector *v = (Vector *)row;
    for (int64_t j = t; j < length; j++) row[j] = row[0];
    Vector most = v[0];
    for (int64_t j = 1; j < whole; j++) most = chosen(v[j] > most, v[j], most);
    float top = most[0];
    for (int j = 1; j < LANES; j++) top = most[j] > top ? most[j] : top;
    Vector total = {0};
    for (int64_t j = 0; j < whole; j++) {
      v[j] = exponential((v[j] - top) * work->factor);
      if (j + 1 == whole)
        for (int64_t k = t; k < length; k++) row[k] = 0;
      total += v[j];
    }
    float share = 1 / sum_of(total);
    for (int64_t j = 0; j < whole; j++) v[j] *= share;
  }
}

/* Gradients of shares become those of scores: ds = p (dp - Σ dp p) / divisor. */
static void softmax_gradient(const Work *work, const float *shares, float *gradients) {
  int64_t t = work->sizes.t, length = padded(t), whole = length / LANES;
  for (int64_t i = 0; i < t; i++) {
    const Vector *p = (const Vector *)(shares + i * length);
    Vector *dp = (Vector *)(gradients + i * length), total = {0};
    for (int64_t j = 0; j < whole; j++) total += p[j] * dp[j];
    float sum = sum_of(total);
    for (int64_t j = 0; j < whole; j++) dp[j] = p[j] * (dp[j] - sum) * work->factor;
  }
}

static void one_head(const Work *work, int64_t sample, int64_t head, float *own) {
  const Sizes *s = &work->sizes;
  int64_t t = s->t, d = s->d, width = padded(d), length = padded(t), all = s->h * d;
  size_t bytes = element_bytes(work->dtype);
  size_t joint = (size_t)(sample * t * 3 * all + head * d) * bytes, alone = (size_t)(sample * t * all + head * d) * bytes;
  float *q = own, *k = q + t * width, *v = k + t * width, *dy = v + t * width, *r = dy + t * width;
  float *turned = r + t * width, *p = turned + d * length, *dp = p + t * length;
  const char *qkv = work->qkv + joint;
  float *const parts[] = {q, k, v};
  for (int i = 0; i < 3; i++) load(work, qkv + (size_t)(i * all) * bytes, 3 * all, parts[i]);
  transpose(s, k, turned);
  small_product(t, t, d, q, width, 1, turned, p);
  softmax(work, p);
  if (work->dy == NULL) {
    small_product(t, d, t, p, length, 1, v, r);
    store(work, r, work->out + alone, all);
    return;
  }
  char *out = work->out + joint;
  load(work, work->dy + alone, all, dy);
  small_product(t, d, t, p, 1, length, dy, r);
  store(work, r, out + (size_t)(2 * all) * bytes, 3 * all);
  transpose(s, v, turned);
  small_product(t, t, d, dy, width, 1, turned, dp);
  softmax_gradient(work, p, dp);
  small_product(t, d, t, dp, length, 1, k, r);
  store(work, r, out, 3 * all);
  small_product(t, d, t, dp, 1, length, q, r);
  store(work, r, out + (size_t)all * bytes, 3 * all);
}

static void run(void *given, int phase, int part) {
  Work *work = given;
  const Sizes *s = &work->sizes;
  (void)phase;
  int64_t width = padded(s->d), length = padded(s->t);
  float *own = scratch(ROLE_OWN, (size_t)(5 * s->t * width + s->d * length + 2 * s->t * length) * sizeof(float));
  if (own == NULL) {
    work->failed = 1;
    return;
  }
  int64_t from, to;
  part_of(s->b * s->h, 1, work->parts, part, &from, &to);
  for (int64_t i = from; i < to; i++) one_head(work, i / s->h, i % s->h, own);
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
