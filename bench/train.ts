/** `npm run bench:train` */
import { parseArgs } from 'node:util'
import { compareRounds, measureRow } from './train/compare.ts'
import { planRow, stepFlops } from './train/experiment.ts'
import { buildPrograms } from './train/processes.ts'
import { rowName, selectRows } from './train/rows.ts'

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    'arcface-torch': { type: 'string' },
    only: { type: 'string' },
    batch: { type: 'string' },
    precision: { type: 'string' },
    classes: { type: 'string' },
    pairs: { type: 'string', default: '5' },
  },
})
const { python = '', 'arcface-torch': arcfaceTorch = '' } = values
const rows = selectRows({ ...values, only: values.only?.split(',') })
const programs = await buildPrograms({ python, arcfaceTorch })
const say = (what: string) => void process.stderr.write(`${what}\n`)
try {
  for (const row of rows) {
    const { rounds } = measureRow(row, programs, {
      effort: { warmUp: 2, samples: 4, seconds: 3 },
      pairs: Number(values.pairs),
      say,
    })
    const c = compareRounds(rounds)
    const flops = stepFlops(row, planRow(row))
    process.stdout.write(
      `${rowName(row)}: ${c.faster.toFixed(3)} x (${c.ratios.map((r) => r.toFixed(2)).join(' ')}), memory ${c.memory.toFixed(2)}, arcc ${c.step.arcc.toFixed(3)} s, ${(flops.arcc / c.step.arcc / 1e9).toFixed(0)} GFLOP/s, torch ${c.step.torch.toFixed(3)} s ${c.layout}\n`,
    )
  }
} finally {
  programs.remove()
}
