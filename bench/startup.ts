/**
 * `npm run bench:startup`: the duration of interactive commands, including the start of node; the fastest of several runs. Exit
 * code 1 if one exceeds its budget.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { formatSeconds } from '../cli/render/format.ts'
import { renderTable } from '../cli/render/table.ts'
import { packageFolder } from '../runtime/package-folder.ts'

const runs = 7
/** All centers of 29 million identities in each step, planned below for 64 GPUs. */
const mostIdentities = 'full_softmax[identities=29000000]'
const budgets: readonly { readonly args: readonly string[]; readonly seconds: number }[] = [
  { args: ['--version'], seconds: 0.08 },
  { args: ['check', 'experiments/quickstart.arc'], seconds: 0.17 },
  { args: ['check', 'experiments/orl_mbf.arc'], seconds: 0.17 },
  { args: ['check', 'experiments/glint360k_r100_pfc0.1.arc'], seconds: 0.2 },
  { args: ['plan', 'experiments/glint360k_r100_pfc0.1.arc'], seconds: 0.6 },
  { args: ['plan', 'experiments/glint360k_r100_pfc0.1.arc', '--format', 'yaml'], seconds: 0.6 },
  { args: ['plan', 'experiments/scaling/v100.arc', mostIdentities, '--set', 'machine.nodes=8'], seconds: 0.4 },
]

/** Seconds of the fastest run; a run that fails ends the benchmark. */
function fastest(args: readonly string[]): number {
  const times = Array.from({ length: runs }, () => {
    const began = performance.now()
    const { status, stderr } = spawnSync(process.execPath, [join(packageFolder, 'bin/arcc.js'), ...args], {
      cwd: packageFolder,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`arcc ${args.join(' ')} ended with ${status}: ${stderr}`)
    return (performance.now() - began) / 1000
  })
  return Math.min(...times)
}

fastest(['--version'])
const rows = budgets.map(({ args, seconds }) => {
  const best = fastest(args)
  return { ok: best <= seconds, cells: [`arcc ${args.join(' ')}`, formatSeconds(best), formatSeconds(seconds)] }
})
const right = { align: 'right' } as const
const table = renderTable(
  [{ title: 'command' }, { title: `fastest of ${runs}`, ...right }, { title: 'budget', ...right }, {}],
  rows.map(({ ok, cells }) => [...cells, ok ? 'ok' : 'OVER']),
)
process.stdout.write(`${table.join('\n')}\n`)
process.exitCode = rows.every((row) => row.ok) ? 0 : 1
