/**
 * `npm run bench:all-to-all`: compares 100,000 embeddings of 512 numbers with each other, exactly, and prints seconds and memory.
 * `-- --python PYTHON` computes the same products with NumPy, before and after, with the same blocks, and the usual way to TAR at FAR there.
 * `-- --check` enforces 2 × the time of the products and 2 GB. `--images`, `--dim`, `--block` and `--devices` set the size. The computer should be
 * idle.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { allToAll } from '../runtime/evaluate/all-to-all/all-to-all.ts'
import { restartWith } from '../runtime/restart.ts'
import { oneProcess } from '../runtime/world.ts'
import { createXlaEngine } from '../runtime/xla/engine.ts'
import { hugePageEnvironment } from '../runtime/xla/huge-pages.ts'

const bars = { times: 2, bytes: 2e9 }
/** NumPy's way is measured on every so many blocks. */
const share = 20

restartWith(hugePageEnvironment)
const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '100000' },
    dim: { type: 'string', default: '512' },
    block: { type: 'string', default: '1024' },
    devices: { type: 'string', default: '2' },
    python: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
})
const [images, dim, block, devices] = [values.images, values.dim, values.block, values.devices].map(Number) as [
  number,
  number,
  number,
  number,
]
const print = (line: string) => process.stdout.write(`${line}\n`)

interface Peer {
  readonly product: number
  readonly usual: number
  readonly numpy: string
}

function peer(): Peer | undefined {
  if (values.python === undefined) return undefined
  const script = fileURLToPath(new URL('all-to-all.py', import.meta.url))
  const numbers = [images, dim, block, share, devices].map(String)
  const { stdout, stderr, status } = spawnSync(values.python, [script, ...numbers], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const found: Peer = JSON.parse(stdout)
  print(
    `NumPy ${found.numpy}: products alone ${found.product.toFixed(1)} s; with histograms, not exact, ${found.usual.toFixed(0)} s (projected)`,
  )
  return found
}

/** Normal numbers, ten pictures of each person. */
function made() {
  let state = 1
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const embeddings = Float32Array.from({ length: images * dim }, () => uniform() + uniform() + uniform() - 1.5)
  return { embeddings, labels: Int32Array.from({ length: images }, (_, i) => Math.floor(i / 10)) }
}

const before = peer()
const rows = made()
const engine = await createXlaEngine({ world: oneProcess(devices) })
const began = performance.now()
const result = await allToAll(engine, { rows, dim, block })
const seconds = (performance.now() - began) / 1000
engine.dispose()
const bytes = process.resourceUsage().maxRSS * 1024
print(
  `arcc, ${devices} devices: ${seconds.toFixed(1)} s in ${result.passes} pass${result.passes === 1 ? '' : 'es'} for ${result.genuine + result.impostors} pairs, at most ${(bytes / 1e9).toFixed(2)} GB`,
)
for (const { far, threshold, falseAccepts, tar } of result.points)
  print(`  FAR ${far}: threshold ${threshold}, ${falseAccepts} false accepts, TAR ${tar}`)
const after = peer()
if (before !== undefined && after !== undefined) {
  const product = Math.min(before.product, after.product)
  print(`${(seconds / product).toFixed(2)} × NumPy's products`)
  if (values.check && seconds > bars.times * product) process.exitCode = 1
}
if (values.check && bytes > bars.bytes) process.exitCode = 1
