import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The XLA plugin is native code: each file gets a process of its own.
    pool: 'forks',
    testTimeout: 120_000,
  },
})
