/**
 * `npm run bench:collectives -- [sums] [step] [--nodes 2]`: collectives between processes on this computer, over loopback.
 *
 *     sums    sums and gathers of 4 KiB to 64 MiB over processes with one device each: time, and bytes of the tensor a second
 *     step    the training step of r18 at batch 16: processes with one device each against one process with as many, in turns; their
 *             losses must have the same bits
 */
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { parseArgs } from 'node:util'
import { need } from '../grammar/diagnostic.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import type { CollectiveJob, CollectiveReport } from './collectives/node.ts'
import { median } from './train/compare.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { nodes: { type: 'string', default: '2' } },
})
const nodes = Number(values.nodes)
const isWanted = (part: string) => positionals.length === 0 || positionals.includes(part)
const print = (line: string) => void process.stdout.write(`${line}\n`)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return address !== null && typeof address === 'object' ? address.port : 0
}

function runNode(job: CollectiveJob): Promise<CollectiveReport> {
  const args = ['--import', 'tsx', 'bench/collectives/node.ts', JSON.stringify(job)]
  const child = spawn(process.execPath, args, { cwd: packageFolder, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`a node ended with ${code}`)),
    )
  })
}

/** The report of rank 0. */
async function runNodes(count: number, devices: number, what: CollectiveJob['what']): Promise<CollectiveReport> {
  const port = await freePort()
  const ranks = Array.from({ length: count }, (_, rank) => rank)
  const reports = await Promise.all(ranks.map((rank) => runNode({ nodes: count, rank, devices, port, what })))
  return need(reports[0], 'the report of rank 0')
}

if (isWanted('sums')) {
  const { times } = await runNodes(nodes, nodes, 'sums')
  print(`${nodes} processes with one device each\n`)
  print('collective      size of the result   time        bytes of the result a second')
  for (const { name, bytes, milliseconds } of times) {
    const rate = bytes / 1e6 / milliseconds
    print(
      `${name.padEnd(16)}${`${bytes / 1024} KiB`.padEnd(21)}${`${milliseconds.toFixed(2)} ms`.padEnd(12)}${rate.toFixed(2)} GB/s`,
    )
  }
}

if (isWanted('step')) {
  const rounds = 3
  const apart: number[] = []
  const together: number[] = []
  const losses = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    for (const [count, into] of [
      [nodes, apart],
      [1, together],
    ] as const) {
      const report = await runNodes(count, nodes, 'step')
      into.push(...report.times.map(({ milliseconds }) => milliseconds))
      losses.add(report.losses.join(' '))
    }
  }
  const [several, one] = [median(apart), median(together)]
  print(
    `\na step of r18, 16 images a device: ${nodes} processes ${several.toFixed(0)} ms, one process ${one.toFixed(0)} ms`,
  )
  print(`ratio ${(several / one).toFixed(3)}; the losses have ${losses.size === 1 ? 'the same bits' : 'OTHER bits'}`)
  process.exitCode = losses.size === 1 ? 0 : 1
}
