/*
 * NVIDIA's driver, its management library and CUDA's runtime in one, for two GPUs of compute capability 9.0 that are not there: as much as
 * XLA's CUDA plugin calls until its programs are compiled. Memory is the host's, nothing runs, and all is done at once.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 2, VERSION = 12090, NOT_SUPPORTED = 3 };
static const size_t memory = (size_t)1 << 30;
static const uintptr_t first_context = 0x1000;
static _Thread_local void *current;

static int handle(void **into) {
  *into = malloc(8);
  return 0;
}

int cuInit(unsigned flags) { return 0; }
int cuDriverGetVersion(int *version) { return *version = VERSION, 0; }
int cuDeviceGetCount(int *count) { return *count = COUNT, 0; }
int cuDeviceGet(int *device, int number) { return *device = number, 0; }
int cuDeviceGetName(char *name, int size, int device) { return snprintf(name, size, "a card"), 0; }
int cuDeviceTotalMem_v2(size_t *bytes, int device) { return *bytes = memory, 0; }
int cuDeviceGetPCIBusId(char *id, int size, int device) { return snprintf(id, size, "0000:0%d:00.0", device + 1), 0; }
int cuDeviceGetUuid_v2(char *uuid, int device) { return memset(uuid, device + 1, 16), 0; }

/* By CUdevice_attribute; others are 0. */
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  switch (attribute) {
    case 1: case 2: case 3: case 4: return *value = 1024, 0; /* threads of a block */
    case 5: case 6: case 7: return *value = 65535, 0;        /* blocks of a grid */
    case 8: return *value = 49152, 0;                        /* shared memory of a block */
    case 10: return *value = 32, 0;                          /* threads of a warp */
    case 12: case 82: return *value = 65536, 0;              /* registers */
    case 13: case 36: return *value = 2000000, 0;            /* clocks, kHz */
    case 16: return *value = 132, 0;                         /* multiprocessors */
    case 33: return *value = device + 1, 0;                  /* PCI bus */
    case 37: return *value = 5120, 0;                        /* width of the memory's bus */
    case 38: return *value = 50 << 20, 0;                    /* second-level cache */
    case 39: return *value = 2048, 0;                        /* threads of a multiprocessor */
    case 75: return *value = 9, 0;                           /* compute capability */
    case 81: case 97: return *value = 232448, 0;             /* shared memory of a multiprocessor */
    case 41: case 102: case 103: return *value = 1, 0;       /* one address space, virtual memory */
    default: return *value = 0;
  }
}

int cuDevicePrimaryCtxRetain(void **context, int device) { return *context = (void *)(first_context + device), 0; }
int cuDevicePrimaryCtxRelease_v2(int device) { return 0; }
int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active) { return *flags = 0, *active = 1, 0; }
int cuDevicePrimaryCtxSetFlags_v2(int device, unsigned flags) { return 0; }
int cuDeviceCanAccessPeer(int *can, int device, int peer) { return *can = 1, 0; }
int cuCtxEnablePeerAccess(void *context, unsigned flags) { return 0; }
int cuCtxGetCurrent(void **context) { return *context = current, 0; }
int cuCtxSetCurrent(void *context) { return current = context, 0; }
int cuCtxGetDevice(int *device) { return *device = current == NULL ? 0 : (int)((uintptr_t)current - first_context), 0; }
int cuCtxGetStreamPriorityRange(int *least, int *greatest) { return *least = 0, *greatest = -5, 0; }
int cuCtxSynchronize(void) { return 0; }

int cuMemGetInfo_v2(size_t *free_bytes, size_t *total) { return *free_bytes = *total = memory, 0; }
int cuMemGetAllocationGranularity(size_t *bytes, void *properties, int option) { return *bytes = 2 << 20, 0; }
int cuMemAlloc_v2(void **bytes, size_t size) { return posix_memalign(bytes, 512, size); }
int cuMemFree_v2(void *bytes) { return free(bytes), 0; }
int cuMemHostAlloc(void **bytes, size_t size, unsigned flags) { return posix_memalign(bytes, 4096, size); }
int cuMemFreeHost(void *bytes) { return free(bytes), 0; }

int cuStreamCreate(void **stream, unsigned flags) { return handle(stream); }
int cuStreamCreateWithPriority(void **stream, unsigned flags, int priority) { return handle(stream); }
int cuStreamDestroy_v2(void *stream) { return free(stream), 0; }
int cuStreamQuery(void *stream) { return 0; }
int cuStreamSynchronize(void *stream) { return 0; }
int cuEventCreate(void **event, unsigned flags) { return handle(event); }
int cuEventDestroy_v2(void *event) { return free(event), 0; }
int cuGetErrorName(int error, const char **name) { return *name = "an error", 0; }
int cuGetErrorString(int error, const char **text) { return *text = "an error", 0; }

int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlSystemGetDriverVersion(char *version, unsigned size) { return snprintf(version, size, "575.51"), 0; }
const char *nvmlErrorString(int error) { return "not supported"; }
int nvmlSystemGetConfComputeState(void *state) { return NOT_SUPPORTED; }
int nvmlDeviceGetHandleByPciBusId_v2(const char *id, void **device) { return NOT_SUPPORTED; }
int nvmlDeviceGetHandleByIndex_v2(unsigned number, void **device) { return NOT_SUPPORTED; }

int cudaGetDeviceCount(int *count) { return *count = COUNT, 0; }
int cudaRuntimeGetVersion(int *version) { return *version = VERSION, 0; }
int cudaPeekAtLastError(void) { return 0; }
int cudaGetLastError(void) { return 0; }

int cudnnGetProperty(int part, int *value) { return *value = part == 0 ? 9 : part == 1 ? 28 : 0, 0; }
size_t cudnnGetVersion(void) { return 92800; }
