/** Writes what figures.py is given by arcc: the classes of each step's sample, and the noise of its rows. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { noise } from '../../compiler/step/head-margin.ts'
import { runOnReference } from '../../test/helpers/run-graph.ts'
import { stepClasses } from '../../test/helpers/sample-reference.ts'
import { labels, problem } from './problem.ts'

const { classes, rate, seed, rows, steps, lr } = problem
const each = <T>(of: (step: number) => T) => Array.from({ length: steps }, (_, step) => of(step))
const samples = each((step) => stepClasses({ classes, rate, seed }, step, labels))
const b = new GraphBuilder('noise', 1)
const drawn = each((step) => {
  const at = { seed, step: ops.scalar(b, step, 'i32') }
  return { name: `${step}`, value: noise(b, at, { count: rows, first: () => ops.scalar(b, 0, 'u32') }) }
})
const [tensors = []] = await runOnReference(b.finish(drawn), [[]])
const lines = (lists: readonly (readonly number[])[]) => lists.map((list) => `    ${JSON.stringify(list)}`).join(',\n')
const text = `{\n  "lr": ${lr},\n  "samples": [\n${lines(samples)}\n  ],\n  "noise": [\n${lines(tensors.map(({ data }) => [...data]))}\n  ]\n}\n`
writeFileSync(join(import.meta.dirname, 'given.json'), text)
