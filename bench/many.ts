/**
 * `npm run bench:many -- [exact] [paper] [store]`: many computers, on one that is none of them.
 *
 *     exact    steps of two to eight computers, compiled by XLA for V100s, A100s and H100s: memory, exchanges between all devices,
 *              bytes that leave each computer
 *     paper    the step of 64 to 1,024 devices: by the plan, and with simulated rings
 *     store    the start of 16 to 2,048 devices on the store of a run, over loopback: requests, bytes, time, CPU
 *
 *     --machine dgx_h100    only this machine of the standard library; may be repeated
 *     --nodes 2             only this number of computers; may be repeated
 *     --keep FILE           a file of compiled rows: an interrupted table goes on
 *     --check               exit code 1 if a bound is missed
 */
import { parseArgs } from 'node:util'
import { exactRows, exactTable, isRight, machines } from './many/exact.ts'
import { batches, paperRow, paperTable } from './many/paper.ts'
import { growth, type StoreRow, storeRow, storeTable } from './many/store.ts'

const parts = ['exact', 'paper', 'store'] as const
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    machine: { type: 'string', multiple: true },
    nodes: { type: 'string', multiple: true },
    keep: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
})
const unknown = positionals.find((name) => !parts.some((part) => part === name))
if (unknown !== undefined) throw new Error(`${unknown}: the parts are ${parts.join(', ')}`)
const isWanted = (part: (typeof parts)[number]) => positionals.length === 0 || positionals.includes(part)
const nodes = options.nodes?.map(Number)
const print = (lines: readonly string[]) => void process.stdout.write(`${lines.join('\n')}\n\n`)
let missed = 0
/** The store's work and bytes for each node may grow by this from the least to the most nodes: they are linear in their number. */
const mostGrowth = 2

if (isWanted('exact')) {
  const rows = await exactRows({
    machines: options.machine ?? machines,
    nodes: nodes ?? [2, 3, 4, 5, 6, 7, 8],
    keep: options.keep,
    report: ({ experiment, machine, nodes: count }) =>
      void process.stderr.write(`${experiment} on ${count} × ${machine}\n`),
  })
  print(exactTable(rows))
  missed += rows.filter((row) => !isRight(row)).length
}
if (isWanted('paper')) {
  for (const machine of options.machine ?? ['dgx_h100']) {
    for (const [title, batch] of Object.entries(batches)) {
      const rows = (nodes ?? [8, 16, 32, 64, 128]).map((count) => paperRow(machine, count, batch))
      print([`${machine}, ${title}`, ...paperTable(rows)])
      missed += rows.filter(({ seconds, simulated }) => Math.abs(simulated / seconds - 1) > 0.05).length
    }
  }
}
if (isWanted('store')) {
  const rows: StoreRow[] = []
  for (const count of nodes ?? [2, 8, 32, 128, 256]) rows.push(await storeRow(count))
  print(storeTable(rows))
  if (growth(rows, 'busy') > mostGrowth) missed++
  if (growth(rows, 'bytes') > mostGrowth) missed++
}
if (options.check && missed > 0) process.exitCode = 1
