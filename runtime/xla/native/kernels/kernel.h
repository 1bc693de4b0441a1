/* What all kernels share: reading a call, errors, scratch memory, oneDNN's engine. */
#ifndef ARCC_KERNEL_H
#define ARCC_KERNEL_H

#include "oneapi/dnnl/dnnl.h"
#include "ffi-call.h"
#include "parallel.h"

static inline size_t element_bytes(int dtype) { return dtype == XLA_BF16 ? 2 : 4; }
static inline dnnl_data_type_t type_of(int dtype) { return dtype == XLA_BF16 ? dnnl_bf16 : dnnl_f32; }
static inline int ok(dnnl_status_t status) { return status == dnnl_success; }

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
