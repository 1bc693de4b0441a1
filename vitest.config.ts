import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Tests that load native code or replace what the process is given: each file gets a process of its own. */
const apart = ['test/device/**', 'test/runtime/**', 'test/cli/**', 'test/faults/**']

/** Whole training steps, compiled and run as users run them. */
const golden = ['test/device/golden*.test.ts']

/**
 * Most of the time with empty caches is LLVM's, for programs that run once on a few numbers: its optimizations are left out there, and
 * its work is cut in fewer pieces. What arcc hands to XLA stays the same.
 */
const quickCompiling = '--xla_backend_optimization_level=0 --xla_cpu_parallel_codegen_split_count=2'

/** Take longest where no program is compiled yet; the short ones fill up the end. */
const slow = /device\/(golden|golden-for-cuda|head-reference|heads|recompute|synced|vit)\.test\.ts$|fuzz\.test\.ts$/

const rank = ({ moduleId, project }: TestSpecification) => (slow.test(moduleId) ? 0 : project.name === 'shared' ? 2 : 1)

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
          include: apart.map((folder) => `${folder}/*.test.ts`),
          exclude: golden,
          env: { XLA_FLAGS: quickCompiling },
        },
      },
      { extends: true, test: { name: 'golden', include: golden } },
      // The compiler holds no state, so that its tests share processes, and what those have loaded.
      { extends: true, test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: apart, isolate: false } },
    ],
  },
})
