/* What every function that XLA calls does with its call. */
#ifndef ARCC_FFI_CALL_H
#define ARCC_FFI_CALL_H

#include "xla-ffi.h"

/* Marks the functions that are registered with XLA. */
#define ARCC_HANDLER __attribute__((visibility("default")))

static inline XlaBuffer *argument(const XlaCall *call, int64_t i) { return call->arguments.buffers[i]; }
static inline XlaBuffer *result(const XlaCall *call, int64_t i) { return call->results.buffers[i]; }

/* If XLA asks which version of its interface the function was written for: answers, and returns nonzero. */
static inline int answers_metadata(const XlaCall *call) {
  for (XlaExtension *e = call->extension_start; e != NULL; e = e->next) {
    if (e->type != XLA_EXTENSION_METADATA) continue;
    XlaMetadata *metadata = ((XlaMetadataExtension *)e)->metadata;
    metadata->version.major = XLA_FFI_MAJOR;
    metadata->version.minor = XLA_FFI_MINOR;
    metadata->traits = 0;
    return 1;
  }
  return 0;
}

/* The array of i64 of the call's only attribute; NULL if it has fewer than `least` numbers. */
static inline const int64_t *numbers_of(const XlaCall *call, size_t least) {
  if (call->attributes.size != 1) return NULL;
  const XlaArray *array = call->attributes.values[0];
  return array->size >= least ? array->data : NULL;
}

/* An error that ends the program's run. */
static inline XlaError *fail(const XlaCall *call, const char *what) {
  XlaErrorArgs args = {sizeof args, NULL, what, XLA_INTERNAL};
  return call->api->create_error(&args);
}

#endif
