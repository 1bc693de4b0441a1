/** Whole training steps against figures that the real arcface_torch printed: losses, gradient norms, weights, embeddings. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Golden, runGolden } from '../../bench/golden-run.ts'
import { fileHost } from '../../cli/host.ts'
import { withXla } from '../helpers/xla.ts'

const folder = join(import.meta.dirname, '../golden/arcface-torch')

test.each(['mbf_arcface_w1', 'r18_arcface_w2', 'r18_arcface_filter'])(
  '%s is reproduced within 1e-3',
  async (name) => {
    const golden = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Golden
    const comparisons = await withXla(golden.config.world, (engine) => runGolden(golden, engine, fileHost()))
    const steps = golden.config.steps
    expect(comparisons.length).toBe(2 * steps + 2 * Object.keys(golden.params_after).length + 1)
    expect(comparisons.filter((c) => !(c.difference <= 1e-3))).toEqual([])
  },
  180_000,
)
