import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Tests that load native code or replace modules or what the process is given: each file gets a process of its own. */
const apart = [
  'test/{device,faults}/**/*.test.ts',
  'test/runtime/{backend,cuda,measure,nodes,plugins,wheels,xla}/**/*.test.ts',
  'test/runtime/tfjs/lazy.test.ts',
  'test/cli/*.test.ts',
  'test/cli/{commands,doctor,host}/**/*.test.ts',
]

/** Whole training steps, compiled as users' programs are. */
const optimized = ['test/device/golden-for-cuda.test.ts']

/**
 * Most of the time with empty caches is LLVM's, for programs that run once or a few times: its optimizations are left out there, and
 * its work is cut in fewer pieces. What arcc hands to XLA stays the same.
 */
const quickCompiling = '--xla_backend_optimization_level=0 --xla_cpu_parallel_codegen_split_count=2'

/** The same on every computer: the engine tfjs computes in JavaScript, whatever is installed, and nothing is measured for plans. */
const everywhere = { ARCC_TFJS_BACKEND: 'cpu', ARCC_MEASURE: 'off' }

/** Those that take longest where no program is compiled yet, the slowest first; the short ones fill up the end. */
const slow = [
  'device/golden-for-cuda',
  'device/golden',
  'device/head-reference',
  'device/synced',
  'device/vit',
  'device/heads',
  'device/recompute',
  'cli/commands/commands',
  'cli/commands/data',
  'device/precision',
  'device/op-cases',
  'runtime/data/recordio/long-set',
  'device/accumulate',
]

function rank({ moduleId, project }: TestSpecification): number {
  const place = slow.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`))
  if (place >= 0) return place
  return project.name === 'shared' ? slow.length + 1 : slow.length
}

/** Slow files first; those that share processes last, one after the other, since only neighbours do. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    // Vitest leaves one core to itself, but it has little to do beside the tests.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: SlowFirst },
    testTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'apart',
          include: apart,
          exclude: optimized,
          env: { ...everywhere, XLA_FLAGS: quickCompiling },
        },
      },
      { extends: true, test: { name: 'optimized', include: optimized, env: everywhere } },
      // The compiler and what renders hold no state, so that their tests share processes, and what those have loaded.
      {
        extends: true,
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: apart, isolate: false, env: everywhere },
      },
    ],
  },
})
