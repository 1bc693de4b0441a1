/** Writes what figures.py is given by arcc: the classes of each step's sample, and the noise of its rows. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stepClasses } from '../../test/helpers/sample-reference.ts'
import { values } from '../golden-values.ts'
import { labels, problem } from './problem.ts'

const { classes, rate, seed, rows, steps, lr } = problem
const each = <T>(of: (step: number) => T) => Array.from({ length: steps }, (_, step) => of(step))
const samples = each((step) => stepClasses({ classes, rate, seed }, step, labels))
const noise = each((step) => Array.from(values(`noise ${step}`, rows)))
const lines = (lists: readonly (readonly number[])[]) => lists.map((list) => `    ${JSON.stringify(list)}`).join(',\n')
const text = `{\n  "lr": ${lr},\n  "samples": [\n${lines(samples)}\n  ],\n  "noise": [\n${lines(noise)}\n  ]\n}\n`
writeFileSync(join(import.meta.dirname, 'given.json'), text)
