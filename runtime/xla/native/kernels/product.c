/*
 * Matrix products of any strides, so that no operand is transposed in memory. The rows, the columns or the batch of the result are
 * cut in parts, one for each thread; a part runs oneDNN's sequential kernel.
 *
 * a [B1,B2,M,K], b [B1,B2,K,N] by their strides in elements, c [B1,B2,M,N] row after row; f32 or bf16, c in either.
 *
 * arcc_product(a, b) -> c; attribute: the sizes, then the strides.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

typedef struct {
  int64_t outer, inner, m, n, k;
  int64_t a[4], b[4];
} Sizes;

enum { NUMBERS = sizeof(Sizes) / sizeof(int64_t) };

typedef struct Product {
  Sizes sizes; /* of one part */
  int64_t rowStride;
  int dtype, resultType;
  dnnl_primitive_t primitive;
  dnnl_memory_desc_t a, b, c, scratchpad;
  size_t scratchBytes;
  struct Product *next;
} Product;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Product *known;

/* Products with fewer multiplications than this are not cut. */
static const double smallWork = 1 << 18;
enum { rowStep = 16, columnStep = 64 };

/* One matrix, or a batch of them. */
static int matrix(dnnl_memory_desc_t *md, const Sizes *s, const int64_t *sizes, const int64_t *strides,
                  dnnl_data_type_t type) {
  int skip = s->outer * s->inner > 1 ? 0 : 2, rank = 4 - skip;
  dnnl_dims_t dims, steps;
  memcpy(dims, sizes + skip, (size_t)rank * sizeof *dims);
  memcpy(steps, strides + skip, (size_t)rank * sizeof *steps);
  return ok(dnnl_memory_desc_create_with_strides(md, rank, dims, type, steps));
}

static int create(Product *p) {
  const Sizes *s = &p->sizes;
  int64_t rows = p->rowStride, all = s->m * rows;
  const int64_t a[] = {s->outer, s->inner, s->m, s->k}, b[] = {s->outer, s->inner, s->k, s->n};
  const int64_t c[] = {s->outer, s->inner, s->m, s->n}, strides[] = {s->inner * all, all, rows, 1};
  dnnl_primitive_attr_t attr = NULL;
  dnnl_primitive_desc_t pd = NULL;
  dnnl_data_type_t type = type_of(p->dtype);
  int good = matrix(&p->a, s, a, s->a, type) && matrix(&p->b, s, b, s->b, type) &&
             matrix(&p->c, s, c, strides, type_of(p->resultType)) &&
             ok(dnnl_primitive_attr_create(&attr)) &&
             ok(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user)) &&
             ok(dnnl_matmul_primitive_desc_create(&pd, engine(), p->a, p->b, NULL, p->c, attr)) &&
             ok(dnnl_primitive_create(&p->primitive, pd)) &&
             ok(dnnl_memory_desc_clone(&p->scratchpad, dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0)));
  if (good) p->scratchBytes = dnnl_memory_desc_get_size(p->scratchpad);
  if (pd != NULL) dnnl_primitive_desc_destroy(pd);
  if (attr != NULL) dnnl_primitive_attr_destroy(attr);
  return good;
}

/* Never freed: a process has a few hundred. */
static Product *find(const Sizes *sizes, int64_t rowStride, int dtype, int resultType) {
  pthread_mutex_lock(&lock);
  Product *p = known;
  while (p != NULL && !(p->dtype == dtype && p->resultType == resultType && p->rowStride == rowStride &&
                        memcmp(&p->sizes, sizes, sizeof *sizes) == 0))
    p = p->next;
  if (p == NULL && (p = calloc(1, sizeof *p)) != NULL) {
    p->sizes = *sizes;
    p->rowStride = rowStride;
    p->dtype = dtype;
    p->resultType = resultType;
    use_one_thread();
    if (create(p)) {
      p->next = known;
      known = p;
    } else {
      free(p);
      p = NULL;
    }
  }
  pthread_mutex_unlock(&lock);
  return p;
}

enum { CUT_OUTER, CUT_INNER, CUT_ROWS, CUT_COLUMNS };

typedef struct {
  Sizes sizes;
  int dtype, resultType, cut, parts;
  char *a, *b, *c;
  volatile int failed;
} Work;

static int64_t step_of(int cut) { return cut == CUT_ROWS ? rowStep : cut == CUT_COLUMNS ? columnStep : 1; }

static void multiply(void *given, int phase, int part) {
  Work *work = given;
  (void)phase;
  Sizes s = work->sizes;
  int64_t *cutSizes[] = {&s.outer, &s.inner, &s.m, &s.n};
  int64_t whole[] = {s.inner * s.m * s.n, s.m * s.n, s.n, 1};
  int64_t from, to;
  part_of(*cutSizes[work->cut], step_of(work->cut), work->parts, part, &from, &to);
  if (from == to) return;
  *cutSizes[work->cut] = to - from;
  int64_t a = work->cut == CUT_COLUMNS ? 0 : from * s.a[work->cut];
  int64_t b = work->cut == CUT_COLUMNS ? from * s.b[3] : work->cut == CUT_ROWS ? 0 : from * s.b[work->cut];
  size_t in = element_bytes(work->dtype);
  const Product *p = find(&s, work->sizes.n, work->dtype, work->resultType);
  void *pad = p == NULL || p->scratchBytes == 0 ? NULL : scratch(ROLE_OWN, p->scratchBytes);
  if (p == NULL || (p->scratchBytes > 0 && pad == NULL)) {
    work->failed = 1;
    return;
  }
  const Tensor tensors[] = {
      {DNNL_ARG_SRC, p->a, work->a + (size_t)a * in},
      {DNNL_ARG_WEIGHTS, p->b, work->b + (size_t)b * in},
      {DNNL_ARG_DST, p->c, work->c + (size_t)(from * whole[work->cut]) * element_bytes(work->resultType)},
      {DNNL_ARG_SCRATCHPAD, p->scratchpad, pad}};
  if (execute(p->primitive, tensors, 4)) work->failed = 1;
}

/* The dim with the most parts to give; the larger side of the result if the batch is small. */
static void choose_cut(Work *work, int threads) {
  const Sizes *s = &work->sizes;
  double multiplications = (double)s->outer * s->inner * s->m * s->n * s->k;
  work->cut = CUT_OUTER;
  work->parts = 1;
  if (multiplications < smallWork) return;
  if (s->outer >= threads || s->inner >= threads) work->cut = s->outer >= threads ? CUT_OUTER : CUT_INNER;
  else work->cut = s->m >= s->n ? CUT_ROWS : CUT_COLUMNS;
  int64_t sizes[] = {s->outer, s->inner, s->m, s->n}, step = step_of(work->cut);
  int64_t blocks = (sizes[work->cut] + step - 1) / step;
  work->parts = blocks < threads ? (int)blocks : threads;
}

ARCC_HANDLER XlaError *arcc_product(XlaCall *call) {
  if (answers_metadata(call)) return NULL;
  const int64_t *numbers = numbers_of(call, NUMBERS);
  if (numbers == NULL) return fail(call, "arcc_product: the sizes are missing");
  XlaBuffer *a = argument(call, 0), *b = argument(call, 1), *c = result(call, 0);
  Work work = {.dtype = a->dtype, .resultType = c->dtype, .a = a->data, .b = b->data, .c = c->data};
  memcpy(&work.sizes, numbers, sizeof work.sizes);
  choose_cut(&work, pool_threads(call));
  Plan plan = {1, {work.parts}, multiply};
  run_plan(call, &plan, &work);
  return work.failed ? fail(call, "arcc_product: oneDNN failed") : NULL;
}
