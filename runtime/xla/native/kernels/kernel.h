/* What all kernels share: reading a call, errors, scratch memory, oneDNN's engine. */
#ifndef ARCC_KERNEL_H
#define ARCC_KERNEL_H

#include "oneapi/dnnl/dnnl.h"
#include "parallel.h"

/* Marks the functions that are registered with XLA. */
#define ARCC_HANDLER __attribute__((visibility("default")))

/* If XLA asks which version of its interface the kernel was written for: answers, and returns nonzero. */
int answers_metadata(const XlaCall *call);

/* The array of i64 of the call's only attribute; NULL if it has fewer than `least` numbers. */
const int64_t *numbers_of(const XlaCall *call, size_t least);

static inline XlaBuffer *argument(const XlaCall *call, int i) { return call->arguments.buffers[i]; }
static inline XlaBuffer *result(const XlaCall *call, int i) { return call->results.buffers[i]; }

static inline size_t element_bytes(int dtype) { return dtype == XLA_BF16 ? 2 : 4; }
static inline dnnl_data_type_t type_of(int dtype) { return dtype == XLA_BF16 ? dnnl_bf16 : dnnl_f32; }
static inline int ok(dnnl_status_t status) { return status == dnnl_success; }

XlaError *fail(const XlaCall *call, const char *what);

/*
 * Scratch memory of this thread, kept and grown: ROLE_OWN for what one part needs, ROLE_SHARED for what the parts of the caller's
 * plan share. Valid until the next request for the same role in the same thread. NULL if there is no memory.
 */
enum { ROLE_OWN, ROLE_SHARED, ROLES };
void *scratch(int role, size_t bytes);

/* oneDNN on the calling thread alone. */
dnnl_engine_t engine(void);
dnnl_stream_t stream(void);

/* A tensor of oneDNN's at an address; the caller destroys it. */
dnnl_memory_t at_address(const_dnnl_memory_desc_t type, void *data);

typedef struct {
  int name;
  const_dnnl_memory_desc_t type;
  void *data;
} Tensor;

/* Executes a primitive on this thread. Returns zero if it succeeds. */
/* Primitives are created for as many threads as the calling thread has then: one. */
void use_one_thread(void);

int execute(const_dnnl_primitive_t primitive, const Tensor *tensors, int count);

#endif
