/*
 * Batch normalization with what follows it, each tensor read as few times as possible.
 *
 * x y z dx dy [M,C] f32 or bf16, M pixels of the whole batch; all others [C] f32; slope of a PReLU; z is added to the result.
 *
 * Statistics: each chunk of pixels that fits the first cache gives its mean and sum of squared distances, which are merged in f64
 * (Chan et al. 1979). So a large mean costs no digits, and the tensor is read once.
 *
 * arcc_normalize(x, scale, offset[, slope][, z]) -> (y, mean, variance)
 *   y = (x - mean)·scale/sqrt(variance + epsilon) + offset, then the PReLU, then + z
 * arcc_normalize_grad(x, scale, mean, variance, dy[, offset, slope][, z]) -> (dx, dscale, doffset[, dslope])
 *   dy is the gradient after the PReLU; dx has z added.
 * Attribute: channels, epsilon's bits as f64, whether there is a slope, whether there is a z.
 */
#include <math.h>

#include "bf16.h"
#include "kernel.h"

/* Channels whose sums stay in registers; pixels of a chunk. */
enum { LANES = 32, CHUNK = 64 };

typedef struct {
  int64_t pixels, channels;
  float epsilon;
  int parts, hasSlope, hasAdded, isHalf;
  const void *x, *added, *dy;
  const float *scale, *offset, *slope, *givenMean, *givenVariance;
  void *result;
  float *mean, *variance, *dscale, *doffset, *dslope;
  /* Of each part, in f64: count of sums · channels. */
  double *partial;
  /* Per channel, for the last phase. */
  float *factor, *shift, *curve;
} Work;

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS float load(const void *data, int64_t i, int isHalf) {
  return isHalf ? widen(((const uint16_t *)data)[i]) : ((const float *)data)[i];
}

ALWAYS void store(void *data, int64_t i, float value, int isHalf) {
  if (isHalf) ((uint16_t *)data)[i] = narrow(value);
  else ((float *)data)[i] = value;
}

/* Mean and sum of squared distances of `lanes` channels over the pixels [from, to), merged chunk by chunk. */
ALWAYS void moments(const Work *w, int64_t from, int64_t to, int64_t channel, int lanes, double *mean, double *square,
                    int isHalf) {
  const int64_t all = w->channels;
  double counted = 0;
  for (int i = 0; i < lanes; i++) mean[i] = square[i] = 0;
  for (int64_t begin = from; begin < to; begin += CHUNK) {
    int64_t end = begin + CHUNK < to ? begin + CHUNK : to;
    float sum[LANES] = {0}, apart[LANES] = {0}, middle[LANES];
    for (int64_t m = begin; m < end; m++)
      for (int i = 0; i < lanes; i++) sum[i] += load(w->x, m * all + channel + i, isHalf);
    float count = (float)(end - begin);
    for (int i = 0; i < lanes; i++) middle[i] = sum[i] / count;
    for (int64_t m = begin; m < end; m++)
      for (int i = 0; i < lanes; i++) {
        float d = load(w->x, m * all + channel + i, isHalf) - middle[i];
        apart[i] += d * d;
      }
    double next = counted + count;
    for (int i = 0; i < lanes; i++) {
      double d = middle[i] - mean[i];
      mean[i] += d * count / next;
      square[i] += apart[i] + d * d * counted * count / next;
    }
    counted = next;
  }
}

ALWAYS void statistics(const Work *w, int part, int isHalf) {
  int64_t from, to, c = 0;
  part_of(w->pixels, 1, w->parts, part, &from, &to);
  double *mean = w->partial + (int64_t)part * 2 * w->channels, *square = mean + w->channels;
  for (; c + LANES <= w->channels; c += LANES) moments(w, from, to, c, LANES, mean + c, square + c, isHalf);
  if (c < w->channels) moments(w, from, to, c, (int)(w->channels - c), mean + c, square + c, isHalf);
}

static void merge(const Work *w) {
  for (int64_t c = 0; c < w->channels; c++) {
    double mean = 0, square = 0, counted = 0;
    for (int part = 0; part < w->parts; part++) {
      int64_t from, to;
      part_of(w->pixels, 1, w->parts, part, &from, &to);
      if (from == to) continue;
      const double *own = w->partial + (int64_t)part * 2 * w->channels;
      double count = (double)(to - from), d = own[c] - mean, next = counted + count;
      mean += d * count / next;
      square += own[w->channels + c] + d * d * counted * count / next;
      counted = next;
    }
    w->mean[c] = (float)mean;
    w->variance[c] = (float)(square / counted);
    w->factor[c] = w->scale[c] / sqrtf(w->variance[c] + w->epsilon);
  }
}

ALWAYS void normalizeRow(const Work *w, int64_t row, int isHalf, int hasSlope, int hasAdded) {
  const float *factor = w->factor, *mean = w->mean, *offset = w->offset, *slope = w->slope;
  const void *restrict x = w->x, *restrict added = w->added;
  void *restrict result = w->result;
  for (int64_t c = 0; c < w->channels; c++) {
    float y = (load(x, row + c, isHalf) - mean[c]) * factor[c] + offset[c];
    if (hasSlope) y = y > 0 ? y : y * slope[c];
    if (hasAdded) y += load(added, row + c, isHalf);
    store(result, row + c, y, isHalf);
  }
}

ALWAYS void normalize(const Work *w, int part, int isHalf, int hasSlope, int hasAdded) {
  int64_t from, to;
  part_of(w->pixels, 1, w->parts, part, &from, &to);
  for (int64_t m = from; m < to; m++) normalizeRow(w, m * w->channels, isHalf, hasSlope, hasAdded);
}

/* A copy of `body` for each kind of tensor and of result. */
#define BY_KIND(body, w, part)                                                                         \
  do {                                                                                                 \
    int kind = (w)->isHalf * 4 + (w)->hasSlope * 2 + (w)->hasAdded;                                    \
    if (kind == 0) body(w, part, 0, 0, 0);                                                             \
    else if (kind == 1) body(w, part, 0, 0, 1);                                                        \
    else if (kind == 2) body(w, part, 0, 1, 0);                                                        \
    else if (kind == 3) body(w, part, 0, 1, 1);                                                        \
    else if (kind == 4) body(w, part, 1, 0, 0);                                                        \
    else if (kind == 5) body(w, part, 1, 0, 1);                                                        \
    else if (kind == 6) body(w, part, 1, 1, 0);                                                        \
    else body(w, part, 1, 1, 1);                                                                       \
  } while (0)

static void forward(void *given, int phase, int part) {
  const Work *w = given;
  if (phase == 1) merge(w);
  else if (phase == 2) BY_KIND(normalize, w, part);
  else if (w->isHalf) statistics(w, part, 1);
  else statistics(w, part, 0);
}

/* Sums of dy, dy·(x - mean) and, with a PReLU, dy·y where y is not positive, of `lanes` channels. */
ALWAYS void gradientSums(const Work *w, int64_t from, int64_t to, int64_t channel, int lanes, double *sums, int isHalf,
                         int hasSlope) {
  const int64_t all = w->channels;
  const float *mean = w->givenMean + channel, *factor = w->factor + channel;
  const float *offset = hasSlope ? w->offset + channel : NULL, *slope = hasSlope ? w->slope + channel : NULL;
  for (int i = 0; i < lanes; i++) sums[i] = sums[all + i] = sums[2 * all + i] = 0;
  for (int64_t begin = from; begin < to; begin += CHUNK) {
    int64_t end = begin + CHUNK < to ? begin + CHUNK : to;
    float first[LANES] = {0}, second[LANES] = {0}, third[LANES] = {0};
    for (int64_t m = begin; m < end; m++)
      for (int i = 0; i < lanes; i++) {
        float centered = load(w->x, m * all + channel + i, isHalf) - mean[i];
        float dy = load(w->dy, m * all + channel + i, isHalf);
        if (hasSlope) {
          float y = centered * factor[i] + offset[i];
          third[i] += y > 0 ? 0 : dy * y;
          dy = y > 0 ? dy : dy * slope[i];
        }
        first[i] += dy;
        second[i] += dy * centered;
      }
    for (int i = 0; i < lanes; i++) {
      sums[i] += first[i];
      sums[all + i] += second[i];
      sums[2 * all + i] += third[i];
    }
  }
}

ALWAYS void sumGradients(const Work *w, int part, int isHalf, int hasSlope, int hasAdded) {
  (void)hasAdded;
  int64_t from, to, c = 0;
  part_of(w->pixels, 1, w->parts, part, &from, &to);
  double *sums = w->partial + (int64_t)part * 3 * w->channels;
  for (; c + LANES <= w->channels; c += LANES) gradientSums(w, from, to, c, LANES, sums + c, isHalf, hasSlope);
  if (c < w->channels) gradientSums(w, from, to, c, (int)(w->channels - c), sums + c, isHalf, hasSlope);
}

/* dx = scale·r·(dy - Σdy/n - x̂·Σ(dy·x̂)/n), with r = 1/sqrt(variance + epsilon), x̂ = (x - mean)·r. */
static void mergeGradients(const Work *w) {
  for (int64_t c = 0; c < w->channels; c++) {
    double sums[3] = {0, 0, 0};
    for (int part = 0; part < w->parts; part++)
      for (int i = 0; i < 3; i++) sums[i] += w->partial[((int64_t)part * 3 + i) * w->channels + c];
    double inverse = 1 / sqrt((double)w->givenVariance[c] + w->epsilon), count = (double)w->pixels;
    w->doffset[c] = (float)sums[0];
    w->dscale[c] = (float)(sums[1] * inverse);
    if (w->hasSlope) w->dslope[c] = (float)sums[2];
    w->shift[c] = (float)(w->factor[c] * sums[0] / count);
    w->curve[c] = (float)(w->factor[c] * inverse * inverse * sums[1] / count);
  }
}

ALWAYS void gradientRow(const Work *w, int64_t row, int isHalf, int hasSlope, int hasAdded) {
  const float *factor = w->factor, *mean = w->givenMean, *offset = w->offset, *slope = w->slope;
  const float *shift = w->shift, *curve = w->curve;
  const void *restrict x = w->x, *restrict added = w->added, *restrict given = w->dy;
  void *restrict result = w->result;
  for (int64_t c = 0; c < w->channels; c++) {
    float centered = load(x, row + c, isHalf) - mean[c];
    float dy = load(given, row + c, isHalf);
    if (hasSlope) dy = centered * factor[c] + offset[c] > 0 ? dy : dy * slope[c];
    float dx = dy * factor[c] - (centered * curve[c] + shift[c]);
    if (hasAdded) dx += load(added, row + c, isHalf);
    store(result, row + c, dx, isHalf);
  }
}

ALWAYS void gradient(const Work *w, int part, int isHalf, int hasSlope, int hasAdded) {
  int64_t from, to;
  part_of(w->pixels, 1, w->parts, part, &from, &to);
  for (int64_t m = from; m < to; m++) gradientRow(w, m * w->channels, isHalf, hasSlope, hasAdded);
}

static void backward(void *given, int phase, int part) {
  const Work *w = given;
  if (phase == 1) mergeGradients(w);
  else if (phase == 2) BY_KIND(gradient, w, part);
  else BY_KIND(sumGradients, w, part);
}

enum { CHANNELS, EPSILON, SLOPE, ADDED, NUMBERS };

/* Pixels that are worth a part of their own, in elements. */
static const int64_t smallPart = 1 << 14;

static int prepare(const XlaCall *call, Work *w, int sums) {
  const int64_t *numbers = numbers_of(call, NUMBERS);
  if (numbers == NULL) return 0;
  XlaBuffer *x = argument(call, 0);
  double epsilon;
  memcpy(&epsilon, &numbers[EPSILON], sizeof epsilon);
  w->epsilon = (float)epsilon;
  w->channels = numbers[CHANNELS];
  w->hasSlope = (int)numbers[SLOPE];
  w->hasAdded = (int)numbers[ADDED];
  w->isHalf = x->dtype == XLA_BF16;
  int64_t elements = 1;
  for (int64_t i = 0; i < x->rank; i++) elements *= x->dims[i];
  w->pixels = elements / w->channels;
  int64_t most = elements / smallPart;
  int threads = pool_threads(call);
  w->parts = most < 1 ? 1 : most < threads ? (int)most : threads;
  if (w->parts > w->pixels) w->parts = (int)w->pixels;
  w->x = x->data;
  w->result = result(call, 0)->data;
  size_t channels = (size_t)w->channels;
  char *memory = scratch(ROLE_SHARED, channels * ((size_t)(sums * w->parts) * sizeof(double) + 3 * sizeof(float)));
  if (memory == NULL) return 0;
  w->partial = (double *)memory;
  w->factor = (float *)(memory + channels * (size_t)(sums * w->parts) * sizeof(double));
  w->shift = w->factor + channels;
  w->curve = w->shift + channels;
  return 1;
}

ARCC_HANDLER XlaError *arcc_normalize(XlaCall *call) {
  if (answers_metadata(call)) return NULL;
  Work w = {0};
  if (!prepare(call, &w, 2)) return fail(call, "arcc_normalize: no sizes or no memory");
  int next = 3;
  w.scale = argument(call, 1)->data;
  w.offset = argument(call, 2)->data;
  if (w.hasSlope) w.slope = argument(call, next++)->data;
  if (w.hasAdded) w.added = argument(call, next)->data;
  w.mean = result(call, 1)->data;
  w.variance = result(call, 2)->data;
  Plan plan = {3, {w.parts, 1, w.parts}, forward};
  run_plan(call, &plan, &w);
  return NULL;
}

ARCC_HANDLER XlaError *arcc_normalize_grad(XlaCall *call) {
  if (answers_metadata(call)) return NULL;
  Work w = {0};
  if (!prepare(call, &w, 3)) return fail(call, "arcc_normalize_grad: no sizes or no memory");
  int next = 5;
  w.scale = argument(call, 1)->data;
  w.givenMean = argument(call, 2)->data;
  w.givenVariance = argument(call, 3)->data;
  w.dy = argument(call, 4)->data;
  if (w.hasSlope) {
    w.offset = argument(call, next++)->data;
    w.slope = argument(call, next++)->data;
    w.dslope = result(call, 3)->data;
  }
  if (w.hasAdded) w.added = argument(call, next)->data;
  w.dscale = result(call, 1)->data;
  w.doffset = result(call, 2)->data;
  for (int64_t c = 0; c < w.channels; c++) w.factor[c] = w.scale[c] / sqrtf(w.givenVariance[c] + w.epsilon);
  Plan plan = {3, {w.parts, 1, w.parts}, backward};
  run_plan(call, &plan, &w);
  return NULL;
}
