import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Tests that load native code or replace what the process is given: each file gets a process of its own. */
const apart = ['test/device/**', 'test/runtime/**', 'test/cli/**']

export default defineConfig({
  test: {
    pool: 'forks',
    // Vitest leaves one core to itself, but it has little to do beside the tests.
    maxWorkers: availableParallelism(),
    testTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'apart', include: apart.map((folder) => `${folder}/*.test.ts`) } },
      // The compiler holds no state, so that its tests share processes, and what those have loaded.
      { extends: true, test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: apart, isolate: false } },
    ],
  },
})
