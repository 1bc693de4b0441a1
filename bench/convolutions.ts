/**
 * Times the formulations of convolutions that `compiler/stablehlo/conv-choice.ts` chooses from, on the embedded CPU engine.
 *
 *     npx tsx bench/convolutions.ts [BATCH]
 *
 * Formulations run in turn, so that a busy computer slows all of them equally; the table shows the fastest of five runs in
 * milliseconds and marks the one that arcc chooses.
 */
import { elementCount, type TensorType } from '../compiler/ir/dtype.ts'
import { filterGradForm, forwardForm, inputGradForm } from '../compiler/stablehlo/conv-choice.ts'
import { type ConvGeometry, convGeometry } from '../compiler/stablehlo/conv-geometry.ts'
import {
  type ConvEmitter,
  filterGradEmitters,
  forwardEmitters,
  inputGradEmitters,
} from '../compiler/stablehlo/emit-linalg.ts'
import { createEmitter } from '../compiler/stablehlo/emitter.ts'
import { tensorType } from '../compiler/stablehlo/spelling.ts'
import { cpuBackend } from '../runtime/backend/cpu.ts'
import { locatePlugin } from '../runtime/plugins/fetch-plugin.ts'
import { restartWith } from '../runtime/restart.ts'
import { hugePageEnvironment } from '../runtime/xla/huge-pages.ts'
import { type Upload, uploadBuffers } from '../runtime/xla/pjrt/buffer.ts'
import { PjrtClient } from '../runtime/xla/pjrt/client.ts'
import { writeCompileOptions } from '../runtime/xla/pjrt/compile-options.ts'
import { PjrtExecutable } from '../runtime/xla/pjrt/executable.ts'
import { PjrtLibrary } from '../runtime/xla/pjrt/library.ts'

const runs = 5

/** [image side, channels, features, window, stride, padding, groups, forms of y, of dx, of dw] */
type Case = readonly [number, number, number, number, number, number, number, string, string, string]

const cases: readonly Case[] = [
  [112, 3, 64, 3, 1, 1, 1, 'plain', '', 'plain rows tiles'],
  [112, 64, 64, 3, 1, 1, 1, 'plain', 'plain', 'plain tiles'],
  [112, 64, 64, 3, 2, 1, 1, 'plain', 'plain phases', 'plain rows'],
  [112, 64, 64, 1, 2, 0, 1, 'plain dot', 'plain phases dot', 'plain dot'],
  [56, 64, 64, 3, 1, 1, 1, 'plain', 'plain', 'plain'],
  [56, 128, 128, 3, 2, 1, 1, 'plain', 'plain phases', 'plain rows'],
  [28, 128, 128, 3, 1, 1, 1, 'plain', 'plain', 'plain rows'],
  [28, 128, 128, 1, 1, 0, 1, 'plain dot', 'plain dot', 'plain dot'],
  [14, 256, 256, 3, 1, 1, 1, 'plain', 'plain', 'plain rows'],
  [7, 512, 512, 3, 1, 1, 1, 'plain', 'plain', 'plain rows'],
  [56, 128, 128, 3, 1, 1, 64, 'plain lanes', 'plain lanes', 'lanes'],
  [56, 128, 128, 3, 2, 1, 128, 'plain lanes', 'plain lanes', 'plain lanes'],
  [28, 128, 128, 3, 1, 1, 128, 'plain lanes', 'plain lanes', 'plain lanes'],
  [14, 256, 256, 3, 1, 1, 256, 'plain lanes', 'plain lanes', 'plain lanes'],
  [7, 512, 512, 7, 1, 0, 512, 'plain lanes whole', 'plain lanes whole', 'plain lanes whole'],
]

interface Candidate {
  readonly form: string
  readonly program: PjrtExecutable
  best: number
}

function geometryOf([side, channels, features, window, stride, padding, groups]: Case, batch: number): ConvGeometry {
  const edge = [padding, padding] as const
  const result = Math.floor((side + 2 * padding - window) / stride) + 1
  return convGeometry(
    { stride: [stride, stride], padding: [edge, edge], groups },
    [batch, side, side, channels],
    [window, window, channels / groups, features],
    [batch, result, result, features],
  )
}

function programText(emit: ConvEmitter, g: ConvGeometry, a: TensorType, b: TensorType, result: TensorType): string {
  const e = createEmitter({ platform: 'cpu', native: undefined, ordersCalls: false, across: undefined }, 1)
  const output = emit(e, g, { name: '%a', type: a }, { name: '%b', type: b })
  return [
    `func.func @main(%a: ${tensorType(a)}, %b: ${tensorType(b)}) -> ${tensorType(result)} {`,
    ...e.lines,
    `return ${output.name} : ${tensorType(result)}`,
    '}',
  ].join('\n')
}

function upload(client: PjrtClient, type: TensorType): Upload {
  const data = Float32Array.from({ length: elementCount(type.shape) }, (_, i) => Math.sin(i))
  return { device: client.devices[0] ?? 0n, tensor: { ...type, data } }
}

async function time(
  client: PjrtClient,
  g: ConvGeometry,
  emitters: Readonly<Record<string, ConvEmitter>>,
  forms: string,
  [a, b, result]: readonly [TensorType, TensorType, TensorType],
): Promise<Candidate[]> {
  const candidates: Candidate[] = []
  for (const form of forms.split(' ').filter(Boolean)) {
    const emit = emitters[form]
    if (emit === undefined) continue
    const text = programText(emit, g, a, b, result)
    const program = await PjrtExecutable.compile(client, text, writeCompileOptions({ replicas: 1 }), [result])
    candidates.push({ form, program, best: Infinity })
  }
  const inputs = await uploadBuffers(client, [upload(client, a), upload(client, b)])
  for (let run = 0; run <= runs; run++) {
    for (const candidate of candidates) {
      const start = performance.now()
      const { outputs, end } = await candidate.program.start([inputs], new Set())
      await end()
      if (run > 0) candidate.best = Math.min(candidate.best, performance.now() - start)
      for (const output of outputs.flat()) output.dispose()
    }
  }
  for (const handle of [...inputs, ...candidates.map((c) => c.program)]) handle.dispose()
  return candidates
}

function show(candidates: readonly Candidate[], chosen: string): string {
  const cells = candidates.map(({ form, best }) => `${form} ${best.toFixed(1)}${form === chosen ? '*' : ''}`)
  return cells.join('  ').padEnd(36)
}

async function main(): Promise<void> {
  restartWith(hugePageEnvironment)
  const batch = Number(process.argv[2] ?? 16)
  const client = await PjrtClient.create(PjrtLibrary.load(await locatePlugin()), 1, cpuBackend(1).createOptions)
  process.stdout.write(`batch ${batch}, f32, milliseconds, * chosen\n`)
  for (const one of cases) {
    const g = geometryOf(one, batch)
    const [side, channels, features, window, stride, , groups, forward, input, filter] = one
    const type = (...shape: number[]): TensorType => ({ dtype: 'f32', shape })
    const x = type(batch, side, side, channels)
    const w = type(window, window, channels / groups, features)
    const y = type(batch, ...g.result, features)
    const cells = [
      show(await time(client, g, forwardEmitters, forward, [x, w, y]), forwardForm('cpu', g)),
      show(await time(client, g, inputGradEmitters, input, [y, w, x]), inputGradForm('cpu', g)),
      show(await time(client, g, filterGradEmitters, filter, [x, y, w]), filterGradForm('cpu', g)),
    ]
    const name = `${window}×${window} ${channels}→${features} @${side}/${stride} g${groups}`
    process.stdout.write(`${name.padEnd(24)} y: ${cells[0]} dx: ${cells[1]} dw: ${cells[2]}\n`)
  }
  client.dispose()
}

await main()
