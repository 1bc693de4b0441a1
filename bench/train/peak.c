/*
 * The most multiply-adds that this processor computes: loops over registers, on all cores at once.
 *
 *     cc -O2 -pthread peak.c -o peak && ./peak THREADS
 *
 * Prints JSON: floating-point operations per second in f32 and, where the processor multiplies bf16, in bf16 with f32 sums; a
 * multiply-add counts as two. The widest vectors that it has are used. Matrix units (AMX) are not: on a processor with them, a step
 * in bf16 may exceed this figure. x86-64 only; exit code 2 without AVX2 and FMA.
 */
#include <immintrin.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* More independent sums than a core has multiply-adds in flight, and no more than it has registers. */
#define WIDE 24
#define NARROW 12
#define RUNS 40
#define STEPS 4000000L

static volatile float start = 1e-3f;
static volatile float sink;
static pthread_barrier_t barrier;
static void (*kernel)(void);

__attribute__((target("avx512f"))) static void f32_avx512(void) {
  __m512 sums[WIDE], a = _mm512_set1_ps(start), b = _mm512_set1_ps(start);
  for (int i = 0; i < WIDE; i++) sums[i] = _mm512_set1_ps(start * i);
  for (long n = 0; n < STEPS; n++)
#pragma GCC unroll 24
    for (int i = 0; i < WIDE; i++) sums[i] = _mm512_fmadd_ps(sums[i], a, b);
  for (int i = 1; i < WIDE; i++) sums[0] = _mm512_add_ps(sums[0], sums[i]);
  sink = _mm512_cvtss_f32(sums[0]);
}

__attribute__((target("avx2,fma"))) static void f32_avx2(void) {
  __m256 sums[NARROW], a = _mm256_set1_ps(start), b = _mm256_set1_ps(start);
  for (int i = 0; i < NARROW; i++) sums[i] = _mm256_set1_ps(start * i);
  for (long n = 0; n < STEPS; n++)
#pragma GCC unroll 12
    for (int i = 0; i < NARROW; i++) sums[i] = _mm256_fmadd_ps(sums[i], a, b);
  for (int i = 1; i < NARROW; i++) sums[0] = _mm256_add_ps(sums[0], sums[i]);
  sink = _mm256_cvtss_f32(sums[0]);
}

__attribute__((target("avx512f,avx512bf16"))) static void bf16_avx512(void) {
  __m512 sums[WIDE];
  __m512bh a = _mm512_cvtne2ps_pbh(_mm512_set1_ps(start), _mm512_set1_ps(start));
  for (int i = 0; i < WIDE; i++) sums[i] = _mm512_set1_ps(start * i);
  for (long n = 0; n < STEPS; n++)
#pragma GCC unroll 24
    for (int i = 0; i < WIDE; i++) sums[i] = _mm512_dpbf16_ps(sums[i], a, a);
  for (int i = 1; i < WIDE; i++) sums[0] = _mm512_add_ps(sums[0], sums[i]);
  sink = _mm512_cvtss_f32(sums[0]);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

/* One thread of a run. It reads the clock itself: the thread that waits for all of them has no core of its own. */
struct worker {
  pthread_t thread;
  double begun, ended;
};

static void *work(void *given) {
  struct worker *self = given;
  for (int run = 0; run < RUNS; run++) {
    pthread_barrier_wait(&barrier);
    self->begun = now();
    kernel();
    self->ended = now();
    pthread_barrier_wait(&barrier);
    /* The main thread reads the times before the next run. */
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

/* The fastest of several runs: others only slow one down. */
static double perSecond(void (*chosen)(void), double flopsPerStep, int threads) {
  struct worker *all = calloc(threads, sizeof *all);
  double best = 0;
  kernel = chosen;
  pthread_barrier_init(&barrier, NULL, threads + 1);
  for (int i = 0; i < threads; i++)
    if (pthread_create(&all[i].thread, NULL, work, &all[i]) != 0) exit(1);
  for (int run = 0; run < RUNS; run++) {
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    double begun = all[0].begun, ended = all[0].ended;
    for (int i = 1; i < threads; i++) {
      if (all[i].begun < begun) begun = all[i].begun;
      if (all[i].ended > ended) ended = all[i].ended;
    }
    double rate = flopsPerStep * STEPS * threads / (ended - begun);
    if (rate > best) best = rate;
    pthread_barrier_wait(&barrier);
  }
  for (int i = 0; i < threads; i++) pthread_join(all[i].thread, NULL);
  pthread_barrier_destroy(&barrier);
  free(all);
  return best;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  int wide = __builtin_cpu_supports("avx512f");
  if (threads < 1 || (!wide && !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")))) return 2;
  double f32 = wide ? perSecond(f32_avx512, 16.0 * 2 * WIDE, threads) : perSecond(f32_avx2, 8.0 * 2 * NARROW, threads);
  printf("{\"instructions\": \"%s\", \"f32\": %.0f", wide ? "AVX-512" : "AVX2", f32);
  if (wide && __builtin_cpu_supports("avx512bf16"))
    printf(", \"bf16\": %.0f", perSecond(bf16_avx512, 32.0 * 2 * WIDE, threads));
  printf("}\n");
  return 0;
}
