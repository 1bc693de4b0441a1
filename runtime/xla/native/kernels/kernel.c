#include "kernel.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Of the OpenMP library that oneDNN is linked with. */
void omp_set_num_threads(int);

static const size_t huge_page = 2u << 20;
static _Thread_local struct {
  void *data;
  size_t bytes;
} held[ROLES];

void *scratch(int role, size_t bytes) {
  if (bytes <= held[role].bytes) return held[role].data;
  free(held[role].data);
  held[role].data = NULL;
  held[role].bytes = 0;
  size_t rounded = (bytes + huge_page - 1) / huge_page * huge_page;
  void *data = NULL;
  if (posix_memalign(&data, huge_page, rounded) != 0) return NULL;
  madvise(data, rounded, MADV_HUGEPAGE);
  held[role].data = data;
  held[role].bytes = rounded;
  return data;
}

static dnnl_engine_t cpu;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void create_engine(void) {
  if (dnnl_engine_create(&cpu, dnnl_cpu, 0) != dnnl_success) cpu = NULL;
}

dnnl_engine_t engine(void) {
  pthread_once(&once, create_engine);
  return cpu;
}

dnnl_stream_t stream(void) {
  static _Thread_local dnnl_stream_t own;
  if (own == NULL && dnnl_stream_create(&own, engine(), dnnl_stream_in_order) != dnnl_success) own = NULL;
  return own;
}

dnnl_memory_t at_address(const_dnnl_memory_desc_t type, void *data) {
  dnnl_memory_t memory = NULL;
  return dnnl_memory_create(&memory, type, engine(), data) == dnnl_success ? memory : NULL;
}

/* The setting belongs to the thread: XLA's threads are the team, so oneDNN starts none. */
void use_one_thread(void) { omp_set_num_threads(1); }

int execute(const_dnnl_primitive_t primitive, const Tensor *tensors, int count) {
  dnnl_exec_arg_t args[8];
  int failed = 0;
  use_one_thread();
  for (int i = 0; i < count; i++) {
    args[i].arg = tensors[i].name;
    args[i].memory = at_address(tensors[i].type, tensors[i].data);
    if (args[i].memory == NULL) failed = 1;
  }
  if (!failed) failed = dnnl_primitive_execute(primitive, stream(), count, args) != dnnl_success;
  if (!failed) failed = dnnl_stream_wait(stream()) != dnnl_success;
  for (int i = 0; i < count; i++)
    if (args[i].memory != NULL) dnnl_memory_destroy(args[i].memory);
  return failed;
}
