/*
 * Layer normalization and its gradient, row by row: a row stays in the core's first cache while its mean and its variance are found and
 * it is normalized, so that each tensor is read or written once. The gradient finds mean and variance again. Everything is f32 inside.
 *
 * x y dy z dx [M,C], each f32 or bf16; scale offset dscale doffset [C], f32; mean and variance of each row.
 *
 * arcc_layer_norm(x, scale, offset) -> y
 *   y = (x - mean)·r·scale + offset, with r = 1/sqrt(variance + epsilon)
 * arcc_layer_norm_grad(x, scale, dy[, z]) -> (dx, dscale, doffset)
 *   dx has z added.
 * Attribute: channels, epsilon's bits as f64.
 *
 * The rows are cut into the same parts whatever the number of threads, and the sums of the parts are added in order.
 */
#include <math.h>

#include "bf16.h"
#include "kernel.h"
#include "vector.h"

/* Rows whose sums are added in f32, before they are added in f64. */
enum { CHUNK = 64, MOST_PARTS = 64 };
/* Numbers that are worth a part of their own. */
static const int64_t smallPart = 1 << 14;

typedef struct {
  void *data;
  int isHalf;
} Rows;

typedef struct {
  int64_t rows, channels;
  float epsilon;
  int parts;
  Rows x, dy, added, result;
  const float *scale, *offset;
  float *dscale, *doffset;
  /* Of each part: sums of dy·x̂ and of dy, in f64. */
  double *partial;
  volatile int failed;
} Work;

/* A row in f32; one of bf16 is widened into `space`. */
static const float *row_of(const Rows *from, int64_t row, int64_t count, float *space) {
  if (!from->isHalf) return (const float *)from->data + row * count;
  const uint16_t *halves = (const uint16_t *)from->data + row * count;
  for (int64_t c = 0; c < count; c++) space[c] = widen(halves[c]);
  return space;
}

/* Where a row of the result is computed; `finish` stores it. */
static float *place_of(const Rows *to, int64_t row, int64_t count, float *space) {
  return to->isHalf ? space : (float *)to->data + row * count;
}

static void finish(const Rows *to, int64_t row, int64_t count, const float *restrict space) {
  if (!to->isHalf) return;
  uint16_t *restrict halves = (uint16_t *)to->data + row * count;
  for (int64_t c = 0; c < count; c++) halves[c] = narrow(space[c]);
}

static inline Vector at(const float *x) { return *(const Numbers *)x; }

static float mean_of(const float *x, int64_t count) {
  Vector total = {0};
  int64_t c = 0;
  for (; c + LANES <= count; c += LANES) total += at(x + c);
  float sum = sum_of(total);
  for (; c < count; c++) sum += x[c];
  return sum / (float)count;
}

/* 1 / sqrt(variance + epsilon) */
static float inverse_of(const float *x, int64_t count, float mean, float epsilon) {
  Vector total = {0};
  int64_t c = 0;
  for (; c + LANES <= count; c += LANES) {
    Vector apart = at(x + c) - mean;
    total += apart * apart;
  }
  float sum = sum_of(total);
  for (; c < count; c++) sum += (x[c] - mean) * (x[c] - mean);
  return 1 / sqrtf(sum / (float)count + epsilon);
}

static void normalize(const Work *w, int64_t row, float *own) {
  int64_t count = w->channels;
  const float *x = row_of(&w->x, row, count, own), *scale = w->scale, *offset = w->offset;
  float mean = mean_of(x, count), inverse = inverse_of(x, count, mean, w->epsilon);
  float *restrict y = place_of(&w->result, row, count, own + count);
  for (int64_t c = 0; c < count; c++) y[c] = (x[c] - mean) * inverse * scale[c] + offset[c];
  finish(&w->result, row, count, y);
}

/* Adds a row to the sums of dy·x̂ and of dy. dx = r·(dy·scale - Σ(dy·scale)/C - x̂·Σ(dy·scale·x̂)/C), with x̂ = (x - mean)·r. */
static void differentiate(const Work *w, int64_t row, float *own, float *slopes, float *sums) {
  int64_t count = w->channels, c = 0;
  const float *x = row_of(&w->x, row, count, own), *dy = row_of(&w->dy, row, count, own + count), *scale = w->scale;
  float mean = mean_of(x, count), inverse = inverse_of(x, count, mean, w->epsilon);
  Vector first = {0}, second = {0};
  for (; c + LANES <= count; c += LANES) {
    Vector unit = (at(x + c) - mean) * inverse, given = at(dy + c), scaled = given * at(scale + c);
    *(Numbers *)(slopes + c) = at(slopes + c) + given * unit;
    *(Numbers *)(sums + c) = at(sums + c) + given;
    first += scaled;
    second += scaled * unit;
  }
  float all = sum_of(first), along = sum_of(second);
  for (; c < count; c++) {
    float unit = (x[c] - mean) * inverse;
    slopes[c] += dy[c] * unit;
    sums[c] += dy[c];
    all += dy[c] * scale[c];
    along += dy[c] * scale[c] * unit;
  }
  float shift = inverse * all / (float)count, curve = inverse * inverse * along / (float)count;
  float *restrict dx = place_of(&w->result, row, count, own + 2 * count);
  if (w->added.data == NULL) {
    for (int64_t i = 0; i < count; i++) dx[i] = dy[i] * scale[i] * inverse - ((x[i] - mean) * curve + shift);
  } else {
    const float *z = row_of(&w->added, row, count, own + 3 * count);
    for (int64_t i = 0; i < count; i++) dx[i] = dy[i] * scale[i] * inverse - ((x[i] - mean) * curve + shift) + z[i];
  }
  finish(&w->result, row, count, dx);
}

static float *own_space(Work *w, int64_t vectors) {
  float *own = scratch(ROLE_OWN, (size_t)(vectors * w->channels) * sizeof(float));
  if (own == NULL) w->failed = 1;
  return own;
}

static void forward(void *given, int phase, int part) {
  Work *w = given;
  (void)phase;
  int64_t from, to;
  part_of(w->rows, 1, w->parts, part, &from, &to);
  float *own = own_space(w, 2);
  for (int64_t row = from; own != NULL && row < to; row++) normalize(w, row, own);
}

static void gradient(Work *w, int part) {
  int64_t from, to, count = w->channels;
  part_of(w->rows, 1, w->parts, part, &from, &to);
  double *partial = w->partial + (int64_t)part * 2 * count;
  memset(partial, 0, (size_t)(2 * count) * sizeof(double));
  float *own = own_space(w, 6);
  if (own == NULL) return;
  float *slopes = own + 4 * count;
  for (int64_t begin = from; begin < to; begin += CHUNK) {
    int64_t end = begin + CHUNK < to ? begin + CHUNK : to;
    memset(slopes, 0, (size_t)(2 * count) * sizeof(float));
    for (int64_t row = begin; row < end; row++) differentiate(w, row, own, slopes, slopes + count);
    for (int64_t c = 0; c < 2 * count; c++) partial[c] += slopes[c];
  }
}

static void merge(const Work *w) {
  int64_t count = w->channels;
  for (int part = 1; part < w->parts; part++)
    for (int64_t c = 0; c < 2 * count; c++) w->partial[c] += w->partial[(int64_t)part * 2 * count + c];
  for (int64_t c = 0; c < count; c++) {
    w->dscale[c] = (float)w->partial[c];
    w->doffset[c] = (float)w->partial[count + c];
  }
}

static void backward(void *given, int phase, int part) {
  Work *w = given;
  if (phase == 0) gradient(w, part);
  else merge(w);
}

enum { CHANNELS, EPSILON, NUMBERS };

static Rows rows_at(XlaBuffer *buffer) { return (Rows){buffer->data, buffer->dtype == XLA_BF16}; }

/* Zero without the attribute. */
static int prepare(const XlaCall *call, Work *w) {
  const int64_t *numbers = numbers_of(call, NUMBERS);
  if (numbers == NULL) return 0;
  XlaBuffer *x = argument(call, 0);
  double epsilon;
  memcpy(&epsilon, &numbers[EPSILON], sizeof epsilon);
  w->epsilon = (float)epsilon;
  w->channels = numbers[CHANNELS];
  w->rows = 1;
  for (int64_t i = 0; i + 1 < x->rank; i++) w->rows *= x->dims[i];
  w->x = rows_at(x);
  w->scale = argument(call, 1)->data;
  w->result = rows_at(result(call, 0));
  int64_t most = w->rows * w->channels / smallPart;
  if (most > MOST_PARTS) most = MOST_PARTS;
  if (most > w->rows) most = w->rows;
  w->parts = most < 1 ? 1 : (int)most;
  return 1;
}

ARCC_HANDLER XlaError *arcc_layer_norm(XlaCall *call) {
  if (answers_metadata(call)) return NULL;
  Work w = {0};
  if (!prepare(call, &w)) return fail(call, "arcc_layer_norm: the sizes are missing");
  w.offset = argument(call, 2)->data;
  Plan plan = {1, {w.parts}, forward};
  run_plan(call, &plan, &w);
  return w.failed ? fail(call, "arcc_layer_norm: no memory") : NULL;
}

ARCC_HANDLER XlaError *arcc_layer_norm_grad(XlaCall *call) {
  if (answers_metadata(call)) return NULL;
  Work w = {0};
  if (!prepare(call, &w)) return fail(call, "arcc_layer_norm_grad: the sizes are missing");
  w.dy = rows_at(argument(call, 2));
  if (call->arguments.size > 3) w.added = rows_at(argument(call, 3));
  w.dscale = result(call, 1)->data;
  w.doffset = result(call, 2)->data;
  w.partial = scratch(ROLE_SHARED, (size_t)(w.parts * 2 * w.channels) * sizeof(double));
  if (w.partial == NULL) return fail(call, "arcc_layer_norm_grad: no memory");
  Plan plan = {2, {w.parts, 1}, backward};
  run_plan(call, &plan, &w);
  return w.failed ? fail(call, "arcc_layer_norm_grad: no memory") : NULL;
}
