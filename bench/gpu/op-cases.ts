/**
 * Every op case of `test/ops` on the engine's devices, compared with the f64 reference: `node gpu-ops.js [--seconds S]`. Cases
 * that need more devices than available are counted separately, as are those for which no time is left. The order runs the first
 * case of every op kind before any second one.
 */
import type { OpKind } from '../../compiler/ir/op.ts'
import { ArccError } from '../../runtime/errors.ts'
import type { XlaEngine } from '../../runtime/xla/engine.ts'
import type { OpCase } from '../../test/helpers/op-case.ts'
import { caseDifferences, openOnEngine } from '../../test/helpers/run-graph.ts'
import { allOpCases } from '../../test/ops/all-op-cases.ts'
import { openEngine } from './open-engine.ts'
import { finish, option, type Report } from './report.ts'

/** Number of cases compiled concurrently. */
const LANES = 8

/**
 * By default, XLA makes a GPU multiply f32 as TF32, with 10 mantissa bits: 5e-4 per factor, a few times that for a sum of
 * products.
 */
const TF32_TOLERANCE = 5e-3
const products: ReadonlySet<OpKind> = new Set(['dot_general', 'conv2d', 'conv2d_input_grad', 'conv2d_filter_grad'])

interface OpReport extends Report {
  readonly passed: number
  readonly failed: number
  /** Cases that need more devices than available. */
  readonly tooManyDevices: number
  /** Cases not run for lack of time. */
  readonly noTime: number
  /** Cases whose f32 products were checked with TF32's tolerance. */
  readonly heldToTf32: number
}

/** Interleaves cases: the first of each kind, the second of each, and so on. */
function inTurns(cases: readonly OpCase[]): readonly OpCase[] {
  const counts = new Map<OpKind, number>()
  const turn = new Map<OpCase, number>()
  for (const opCase of cases) {
    const count = counts.get(opCase.kind) ?? 0
    counts.set(opCase.kind, count + 1)
    turn.set(opCase, count)
  }
  return cases.toSorted((a, b) => (turn.get(a) ?? 0) - (turn.get(b) ?? 0))
}

function hasF32Products(opCase: OpCase): boolean {
  return opCase.graph().ops.some(({ kind, results }) => products.has(kind) && results[0]?.type.dtype === 'f32')
}

/** `conv2d: stride 2 (f16, f32)` */
function nameOf(opCase: OpCase): string {
  const { inputs, outputs } = opCase.graph()
  const dtypes = new Set([...inputs, ...outputs.map(({ value }) => value)].map(({ type }) => type.dtype))
  return `${opCase.name} (${[...dtypes].join(', ')})`
}

const deadline = performance.now() + Number(option('seconds') ?? 3600) * 1000
const failures: string[] = []
const count = { passed: 0, failed: 0, tooManyDevices: 0, noTime: 0, heldToTf32: 0 }

async function runCase(engine: XlaEngine, opCase: OpCase): Promise<void> {
  const isTf32 = engine.platform === 'cuda' && hasF32Products(opCase)
  const tolerance = isTf32 ? Math.max(opCase.tolerance, TF32_TOLERANCE) : opCase.tolerance
  if (isTf32) count.heldToTf32 += 1
  const found = await caseDifferences({ ...opCase, tolerance }, openOnEngine(engine)).catch((error: unknown) => [
    error instanceof Error ? error.message : String(error),
  ])
  if (found.length === 0) count.passed += 1
  else {
    count.failed += 1
    failures.push(`${nameOf(opCase)}: ${found.join('; ').replace(/\s+/g, ' ').slice(0, 300)}`)
  }
}

async function runAll(engine: XlaEngine, cases: readonly OpCase[]): Promise<void> {
  const queue = [...cases]
  const lane = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (performance.now() > deadline) count.noTime += 1
      else await runCase(engine, next)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  if (engine.alive !== 0) failures.push(`${engine.alive} tensors were not released on the devices`)
}

for (const devices of [...new Set(allOpCases.map(({ replicas }) => replicas))].sort((a, b) => a - b)) {
  const cases = inTurns(allOpCases.filter(({ replicas }) => replicas === devices))
  try {
    const engine = await openEngine(devices)
    await runAll(engine, cases)
    engine.dispose()
  } catch (error) {
    // One device is required.
    if (!(error instanceof ArccError && error.code === 'ARC6007') || devices === 1) throw error
    count.tooManyDevices += cases.length
  }
}
const report: OpReport = { ok: failures.length === 0, ...count, failures }
finish(report)
