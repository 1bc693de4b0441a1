/*
 * The part of XLA's foreign function interface that the kernels use, as XLA lays it out in memory (xla/ffi/api/c_api.h, version 0.3;
 * later minor versions only append). Declared here so that building the kernels needs no header of XLA's.
 */
#ifndef ARCC_XLA_FFI_H
#define ARCC_XLA_FFI_H

#include <stddef.h>
#include <stdint.h>

enum { XLA_FFI_MAJOR = 0, XLA_FFI_MINOR = 3 };
enum { XLA_F32 = 11, XLA_BF16 = 16 };
enum { XLA_INVALID_ARGUMENT = 3, XLA_INTERNAL = 13 };
enum { XLA_EXTENSION_METADATA = 1 };

typedef struct XlaError XlaError;

typedef struct {
  size_t struct_size;
  int type;
  void *next;
} XlaExtension;

typedef struct {
  size_t struct_size;
  void *extension_start;
  int major, minor;
} XlaVersion;

typedef struct {
  size_t struct_size;
  XlaVersion version;
  uint32_t traits;
} XlaMetadata;

typedef struct {
  XlaExtension base;
  XlaMetadata *metadata;
} XlaMetadataExtension;

typedef struct {
  size_t struct_size;
  void *extension_start;
  int dtype;
  void *data;
  int64_t rank;
  int64_t *dims;
} XlaBuffer;

/* Arguments and results. */
typedef struct {
  size_t struct_size;
  void *extension_start;
  int64_t size;
  int *types;
  XlaBuffer **buffers;
} XlaBuffers;

typedef struct {
  int dtype;
  size_t size;
  void *data;
} XlaArray;

/* Attributes, sorted by name; arcc's calls have one, an array of i64. */
typedef struct {
  size_t struct_size;
  void *extension_start;
  int64_t size;
  int *types;
  void *names;
  void **values;
} XlaAttributes;

typedef struct {
  size_t struct_size;
  void *extension_start;
  const char *message;
  int code;
} XlaErrorArgs;

typedef struct {
  size_t struct_size;
  void *extension_start;
  void *context;
  void (*task)(void *data);
  void *data;
} XlaScheduleArgs;

typedef struct {
  size_t struct_size;
  void *extension_start;
  void *context;
  int64_t *count;
} XlaThreadsArgs;

typedef struct {
  size_t struct_size;
  void *extension_start;
  XlaVersion version;
  void *internal;
  XlaError *(*create_error)(XlaErrorArgs *);
  void *before_schedule[10];
  XlaError *(*schedule)(XlaScheduleArgs *);
  XlaError *(*thread_count)(XlaThreadsArgs *);
} XlaApi;

typedef struct {
  size_t struct_size;
  XlaExtension *extension_start;
  const XlaApi *api;
  void *context;
  int stage;
  XlaBuffers arguments;
  XlaBuffers results;
  XlaAttributes attributes;
} XlaCall;

#endif
