/*
 * Stands in for libcuda.so.1 and libnvidia-ml.so.1, so that arcc's calls are proven without a GPU. The tests say with -D how many
 * GPUs there are (GPUS), what cuInit answers (INIT), and whether NVLink joins them (LINKED).
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int started = 0;

/* A device handle that is not its index, as the ones of a real driver need not be. */
#define FIRST 40
#define KNOWN(device) (started && (device) >= FIRST && (device) < FIRST + GPUS)

int cuInit(unsigned int flags) {
  if (flags != 0) return 1;
  started = INIT == 0;
  return INIT;
}
int cuDriverGetVersion(int *version) { *version = 12080; return 0; }
int cuDeviceGetCount(int *count) { *count = GPUS; return started ? 0 : 3; }
int cuDeviceGet(int *device, int index) { *device = FIRST + index; return started && index < GPUS ? 0 : 101; }
int cuDeviceGetName(char *name, int length, int device) {
  if (!KNOWN(device)) return 101;
  snprintf(name, length, "NVIDIA Fake %d", device - FIRST);
  return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int device) {
  *bytes = (size_t)80 << 30;
  return KNOWN(device) ? 0 : 101;
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  if (!KNOWN(device)) return 101;
  *value = attribute == 75 ? 9 : attribute == 76 ? 1 : -1;
  return 0;
}
int cuDeviceGetPCIBusId(char *id, int length, int device) {
  if (!KNOWN(device)) return 101;
  snprintf(id, length, "0000:%02x:00.0", 0x10 + device - FIRST);
  return 0;
}
int cuGetErrorName(int result, const char **name) {
  *name = "CUDA_ERROR_SYSTEM_NOT_READY";
  return result == 802 ? 0 : 1;
}
int cuGetErrorString(int result, const char **text) {
  *text = "system not yet initialized";
  return result == 802 ? 0 : 1;
}

struct memory { uint64_t total, free, used; };

int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlSystemGetDriverVersion(char *text, unsigned int length) {
  snprintf(text, length, "570.86.15");
  return 0;
}
int nvmlDeviceGetHandleByPciBusId_v2(const char *id, void **device) {
  unsigned int bus = 0;
  if (sscanf(id, "0000:%x:00.0", &bus) != 1) return 6;
  *device = (void *)(uintptr_t)(0x7000 + bus);
  return 0;
}
int nvmlDeviceGetMemoryInfo(void *device, struct memory *memory) {
  uint64_t bus = (uintptr_t)device - 0x7000;
  memory->total = CARD_GIB << 30;
  memory->free = (0x50 - bus) << 30;
  memory->used = memory->total - memory->free;
  return 0;
}
int nvmlDeviceGetP2PStatus(void *one, void *other, int index, int *status) {
  if (index != 2 || one == other) return 2;
  *status = LINKED ? 0 : 1;
  return 0;
}
int nvmlDeviceGetUtilizationRates(void *device, unsigned int *percent) {
  percent[0] = 97;
  percent[1] = 40;
  return 0;
}
int nvmlDeviceGetTemperature(void *device, int sensor, unsigned int *celsius) {
  *celsius = 61;
  return sensor == 0 ? 0 : 2;
}
int nvmlDeviceGetPowerUsage(void *device, unsigned int *milliwatts) {
  *milliwatts = 642500;
  return 0;
}
/* The second card does not tell its clock. */
int nvmlDeviceGetClockInfo(void *device, int kind, unsigned int *megahertz) {
  *megahertz = 1980;
  return kind == 1 && (uintptr_t)device == 0x7010 ? 0 : 3;
}
