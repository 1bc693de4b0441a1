/*
 * Convolutions and their gradients. The batch is cut in parts, one for each thread; a part runs oneDNN's sequential kernel. At the
 * border, images are NHWC (oneDNN's own layout for them) and filters HWIO; inside, filters have the layout that the kernel wants.
 *
 * x [N,H,W,C], w [kh,kw,C/G,O], y [N,P,Q,O], dx dw dy their gradients; G groups.
 *
 * arcc_convolution(x, w) -> y, (dy, w) -> dx, (x, dy) -> dw in f32; attribute: kind, then the geometry.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

enum { FORWARD, INPUT_GRAD, FILTER_GRAD };

typedef struct {
  int64_t kind;
  int64_t n, h, w, c, o, kh, kw, p, q, sh, sw, top, bottom, left, right, g;
} Geometry;

enum { NUMBERS = sizeof(Geometry) / sizeof(int64_t) };

/* Reorders a range of the filter's output channels (or groups); `add` adds to what is there. */
typedef struct {
  dnnl_memory_desc_t from, to;
  dnnl_primitive_t put, add;
} Range;

typedef struct Convolution {
  Geometry geometry; /* of one part */
  int dtype, threads;
  dnnl_primitive_t primitive;
  dnnl_memory_desc_t images, results, inner, outer, scratchpad;
  size_t innerBytes, scratchBytes;
  int isPlain; /* the kernel works on HWIO itself */
  int ranges;
  Range *range;
  struct Convolution *next;
} Convolution;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Convolution *known;

/* With filters smaller than this, or channels that do not fill a block, one thread reorders all. */
static const int64_t smallFilter = 1 << 15, block = 64;
/* The parts of a filter gradient are summed afterwards; they take at most this many bytes. */
static const size_t mostPartial = (size_t)256 << 20;


/* The filter as oneDNN sees it, [O,I,kh,kw] or [G,O/G,I,kh,kw], with the strides of HWIO. */
static int filterType(const Geometry *g, dnnl_data_type_t type, int any, dnnl_memory_desc_t *md) {
  int64_t i = g->c / g->g;
  dnnl_dims_t dims = {g->o, i, g->kh, g->kw}, strides = {1, g->o, g->kw * i * g->o, i * g->o};
  dnnl_dims_t grouped = {g->g, g->o / g->g, i, g->kh, g->kw};
  dnnl_dims_t groupedStrides = {g->o / g->g, 1, g->o, g->kw * i * g->o, i * g->o};
  int rank = g->g > 1 ? 5 : 4;
  if (any) return ok(dnnl_memory_desc_create_with_tag(md, rank, g->g > 1 ? grouped : dims, type, dnnl_format_tag_any));
  return ok(dnnl_memory_desc_create_with_strides(md, rank, g->g > 1 ? grouped : dims, type,
                                                 g->g > 1 ? groupedStrides : strides));
}

static const_dnnl_memory_desc_t query(const_dnnl_primitive_desc_t pd, dnnl_query_t what) {
  return dnnl_primitive_desc_query_md(pd, what, 0);
}

/* `filter` is the layout that another part of the same call has chosen, or NULL. */
static int createKernel(Convolution *c, const_dnnl_memory_desc_t filter) {
  const Geometry *g = &c->geometry;
  dnnl_data_type_t type = type_of(c->dtype), wide = g->kind == FILTER_GRAD ? dnnl_f32 : type;
  dnnl_dims_t x = {g->n, g->c, g->h, g->w}, y = {g->n, g->o, g->p, g->q};
  dnnl_dims_t stride = {g->sh, g->sw}, low = {g->top, g->left}, high = {g->bottom, g->right}, none = {0, 0};
  dnnl_memory_desc_t any = NULL, own = NULL;
  dnnl_primitive_attr_t attr = NULL;
  dnnl_primitive_desc_t forward = NULL, pd = NULL;
  int good = ok(dnnl_memory_desc_create_with_tag(&c->images, 4, x, type, dnnl_nhwc)) &&
             ok(dnnl_memory_desc_create_with_tag(&c->results, 4, y, type, dnnl_nhwc)) &&
             filterType(g, type, 1, &any) && filterType(g, wide, 1, &own) && filterType(g, wide, 0, &c->outer) &&
             ok(dnnl_primitive_attr_create(&attr)) &&
             ok(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user));
  const_dnnl_memory_desc_t wanted = filter != NULL ? filter : own;
  good = good && ok(dnnl_convolution_forward_primitive_desc_create(
                     &forward, engine(), dnnl_forward_training, dnnl_convolution_direct, c->images,
                     g->kind == FORWARD ? wanted : any, NULL, c->results, stride, none, low, high, attr));
  if (good && g->kind == INPUT_GRAD)
    good = ok(dnnl_convolution_backward_data_primitive_desc_create(&pd, engine(), dnnl_convolution_direct, c->images,
                                                                    wanted, c->results, stride, none, low, high,
                                                                    forward, attr));
  if (good && g->kind == FILTER_GRAD)
    good = ok(dnnl_convolution_backward_weights_primitive_desc_create(&pd, engine(), dnnl_convolution_direct,
                                                                       c->images, wanted, NULL, c->results, stride,
                                                                       none, low, high, forward, attr));
  const_dnnl_primitive_desc_t chosen = g->kind == FORWARD ? forward : pd;
  if (good) {
    dnnl_query_t which = g->kind == FILTER_GRAD ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
    good = ok(dnnl_primitive_create(&c->primitive, chosen)) &&
           ok(dnnl_memory_desc_clone(&c->inner, query(chosen, which))) &&
           ok(dnnl_memory_desc_clone(&c->scratchpad, query(chosen, dnnl_query_scratchpad_md)));
  }
  if (good) {
    c->innerBytes = dnnl_memory_desc_get_size(c->inner);
    c->scratchBytes = dnnl_memory_desc_get_size(c->scratchpad);
    c->isPlain = dnnl_memory_desc_equal(c->inner, c->outer);
  }
  if (forward != NULL) dnnl_primitive_desc_destroy(forward);
  if (pd != NULL) dnnl_primitive_desc_destroy(pd);
  if (attr != NULL) dnnl_primitive_attr_destroy(attr);
  if (any != NULL) dnnl_memory_desc_destroy(any);
  if (own != NULL) dnnl_memory_desc_destroy(own);
  return good;
}

static int createReorder(dnnl_primitive_t *primitive, const_dnnl_memory_desc_t from, const_dnnl_memory_desc_t to, int add) {
  dnnl_primitive_attr_t attr = NULL;
  dnnl_post_ops_t ops = NULL;
  dnnl_primitive_desc_t pd = NULL;
  int good = ok(dnnl_primitive_attr_create(&attr));
  if (good && add)
    good = ok(dnnl_post_ops_create(&ops)) && ok(dnnl_post_ops_append_sum(ops, 1, 0, dnnl_data_type_undef)) &&
           ok(dnnl_primitive_attr_set_post_ops(attr, ops));
  good = good && ok(dnnl_reorder_primitive_desc_create(&pd, from, engine(), to, engine(), attr)) &&
         ok(dnnl_primitive_create(primitive, pd));
  if (pd != NULL) dnnl_primitive_desc_destroy(pd);
  if (ops != NULL) dnnl_post_ops_destroy(ops);
  if (attr != NULL) dnnl_primitive_attr_destroy(attr);
  return good;
}

/* Range `i` of the filter's first dim; the whole filter if there is one range. */
static int createRange(const Convolution *c, int64_t from, int64_t to, Range *range) {
  const Geometry *g = &c->geometry;
  int rank = g->g > 1 ? 5 : 4;
  int64_t i = g->c / g->g;
  dnnl_dims_t dims = {to - from, i, g->kh, g->kw}, grouped = {to - from, g->o / g->g, i, g->kh, g->kw};
  dnnl_dims_t offsets = {from, 0, 0, 0, 0};
  dnnl_memory_desc_t inner = NULL, outer = NULL;
  const dnnl_dim_t *size = rank == 5 ? grouped : dims;
  if (!ok(dnnl_memory_desc_create_submemory(&inner, c->inner, size, offsets)) ||
      !ok(dnnl_memory_desc_create_submemory(&outer, c->outer, size, offsets)))
    return 0;
  int isGradient = g->kind == FILTER_GRAD;
  range->from = isGradient ? inner : outer;
  range->to = isGradient ? outer : inner;
  return createReorder(&range->put, range->from, range->to, 0) &&
         (!isGradient || createReorder(&range->add, range->from, range->to, 1));
}

static int createSome(Convolution *c, int64_t first, int count) {
  c->range = calloc((size_t)count, sizeof *c->range);
  if (c->range == NULL) return 0;
  c->ranges = count;
  for (int i = 0; i < count; i++) {
    int64_t from, to;
    part_of(first, block, count, i, &from, &to);
    if (!createRange(c, from, to, &c->range[i])) return 0;
  }
  return 1;
}

/* As many ranges as threads; one where the layout's blocks do not fit into ranges. */
static int createRanges(Convolution *c) {
  const Geometry *g = &c->geometry;
  int64_t first = g->g > 1 ? g->g : g->o;
  int64_t elements = g->kh * g->kw * (g->c / g->g) * g->o;
  int even = first % block == 0 && (g->g > 1 || g->c % block == 0) && elements >= smallFilter;
  int count = !even ? 1 : first / block < c->threads ? (int)(first / block) : c->threads;
  return (count > 1 && createSome(c, first, count)) || createSome(c, first, 1);
}

/* Never freed: a process has a few hundred. */
static Convolution *find(const Geometry *geometry, int dtype, int threads, const Convolution *like) {
  pthread_mutex_lock(&lock);
  Convolution *c = known;
  while (c != NULL && !(c->dtype == dtype && c->threads == threads &&
                        memcmp(&c->geometry, geometry, sizeof *geometry) == 0 &&
                        (like == NULL || dnnl_memory_desc_equal(c->inner, like->inner))))
    c = c->next;
  if (c == NULL) {
    c = calloc(1, sizeof *c);
    if (c != NULL) {
      c->geometry = *geometry;
      c->dtype = dtype;
      c->threads = threads;
      use_one_thread();
      if (createKernel(c, like == NULL ? NULL : like->inner) && (c->isPlain || createRanges(c))) {
        c->next = known;
        known = c;
      } else {
        free(c);
        c = NULL;
      }
    }
  }
  pthread_mutex_unlock(&lock);
  return c;
}

typedef struct {
  Convolution *large, *small; /* for parts of different sizes */
  int64_t batch;
  int parts;
  char *images, *filter, *results;
  size_t imageBytes, resultBytes;
  char *inner; /* filters in the kernel's layout, one for each part of a filter gradient */
  volatile int failed;
} Work;

static void convolve(Work *work, int part) {
  int64_t from, to;
  part_of(work->batch, 1, work->parts, part, &from, &to);
  const Convolution *c = to - from == work->large->geometry.n ? work->large : work->small;
  int64_t kind = c->geometry.kind;
  char *filter = c->isPlain && part == 0 ? work->filter : work->inner;
  if (kind == FILTER_GRAD && !(c->isPlain && part == 0)) filter += (size_t)(c->isPlain ? part - 1 : part) * c->innerBytes;
  else if (c->isPlain) filter = work->filter;
  void *pad = c->scratchBytes == 0 ? NULL : scratch(ROLE_OWN, c->scratchBytes);
  if (c->scratchBytes > 0 && pad == NULL) {
    work->failed = 1;
    return;
  }
  static const int names[3][3] = {{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
                                  {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST},
                                  {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST}};
  const Tensor tensors[] = {{names[kind][0], c->images, work->images + (size_t)from * work->imageBytes},
                            {names[kind][1], c->inner, filter},
                            {names[kind][2], c->results, work->results + (size_t)from * work->resultBytes},
                            {DNNL_ARG_SCRATCHPAD, c->scratchpad, pad}};
  if (execute(c->primitive, tensors, 4)) work->failed = 1;
}

static void reorder(Work *work, int i) {
  const Range *range = &work->large->range[i];
  int isGradient = work->large->geometry.kind == FILTER_GRAD;
  for (int part = 0; part < (isGradient ? work->parts : 1); part++) {
    char *inner = work->inner + (size_t)part * work->large->innerBytes;
    const Tensor tensors[] = {{DNNL_ARG_FROM, range->from, isGradient ? inner : work->filter},
                              {DNNL_ARG_TO, range->to, isGradient ? work->filter : inner}};
    if (execute(part == 0 ? range->put : range->add, tensors, 2)) work->failed = 1;
  }
}

/* Sums the parts' gradients where the kernel works on HWIO itself: part 0 is in the result already. */
static void sum(Work *work, int i) {
  size_t count = work->large->innerBytes / sizeof(float);
  int64_t from, to;
  part_of((int64_t)count, 16, work->parts, i, &from, &to);
  float *total = (float *)work->filter;
  for (int part = 1; part < work->parts; part++) {
    const float *partial = (const float *)(work->inner + (size_t)(part - 1) * work->large->innerBytes);
    for (int64_t j = from; j < to; j++) total[j] += partial[j];
  }
}

static void filterFirst(void *work, int phase, int part) {
  if (phase == 0) reorder(work, part);
  else convolve(work, part);
}

static void convolveOnly(void *work, int phase, int part) {
  (void)phase;
  convolve(work, part);
}

static void filterLast(void *work, int phase, int part) {
  if (phase == 0) convolve(work, part);
  else if (((Work *)work)->large->isPlain) sum(work, part);
  else reorder(work, part);
}

ARCC_HANDLER XlaError *arcc_convolution(XlaCall *call) {
  if (answers_metadata(call)) return NULL;
  const int64_t *numbers = numbers_of(call, NUMBERS);
  if (numbers == NULL) return fail(call, "arcc_convolution: the geometry is missing");
  Geometry g;
  memcpy(&g, numbers, sizeof g);
  Work work = {.batch = g.n};
  XlaBuffer *a = argument(call, 0), *b = argument(call, 1), *r = result(call, 0);
  int dtype = a->dtype, threads = pool_threads(call);
  work.parts = threads < g.n ? threads : (int)g.n;
  if (g.kind == FILTER_GRAD) {
    size_t bytes = (size_t)(g.kh * g.kw * (g.c / g.g) * g.o) * sizeof(float);
    int most = (int)(mostPartial / bytes);
    if (work.parts > most) work.parts = most > 1 ? most : 1;
  }
  g.n = (work.batch + work.parts - 1) / work.parts;
  work.large = find(&g, dtype, threads, NULL);
  g.n = work.batch / work.parts;
  work.small = work.large == NULL || g.n == work.large->geometry.n ? work.large : find(&g, dtype, threads, work.large);
  if (work.large == NULL || work.small == NULL) return fail(call, "arcc_convolution: oneDNN has no kernel");
  work.imageBytes = (size_t)(g.h * g.w * g.c) * element_bytes(dtype);
  work.resultBytes = (size_t)(g.p * g.q * g.o) * element_bytes(dtype);
  work.images = g.kind == INPUT_GRAD ? r->data : a->data;
  work.filter = g.kind == FILTER_GRAD ? r->data : b->data;
  work.results = g.kind == FORWARD ? r->data : g.kind == INPUT_GRAD ? a->data : b->data;
  const Convolution *c = work.large;
  int copies = g.kind != FILTER_GRAD ? !c->isPlain : c->isPlain ? work.parts - 1 : work.parts;
  if (copies > 0) {
    work.inner = scratch(ROLE_SHARED, (size_t)copies * c->innerBytes);
    if (work.inner == NULL) return fail(call, "arcc_convolution: no memory for the filter");
  }
  Plan plan = {1, {work.parts}, convolveOnly};
  if (g.kind == FILTER_GRAD && (!c->isPlain || work.parts > 1))
    plan = (Plan){2, {work.parts, c->isPlain ? work.parts : c->ranges}, filterLast};
  else if (g.kind != FILTER_GRAD && !c->isPlain)
    plan = (Plan){2, {c->ranges, work.parts}, filterFirst};
  run_plan(call, &plan, &work);
  return work.failed ? fail(call, "arcc_convolution: oneDNN failed") : NULL;
}
