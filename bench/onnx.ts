/**
 * `npm run bench:onnx -- --python PYTHON [--insightface] [--type f32] [NAME…]`: every backbone of the standard library (or those named)
 * with made weights is exported by `arcc export`, in f32 and f16, and compared with arcc's engine in ONNX Runtime; onnx.checker
 * checks the files, and insightface's own ArcFaceONNX embeds a picture with `--insightface`. PYTHON has onnx, onnxruntime and numpy.
 * Exit code 1 if a comparison fails.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { elaborateBackbone } from '../cli/host/carrier.ts'
import { fileHost } from '../cli/host/host.ts'
import { stdlibFolder } from '../cli/host/package-folder.ts'
import { elementCount } from '../compiler/ir/dtype.ts'
import { inferenceGraph } from '../compiler/plan/inference-graph.ts'
import { need } from '../grammar/diagnostic.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import { type TensorStream, writeSafetensors } from '../runtime/safetensors.ts'
import { fileShape } from '../runtime/state/named-streams.ts'
import { randomOf } from '../test/helpers/op-case.ts'

const { values, positionals } = parseArgs({
  options: {
    python: { type: 'string' },
    insightface: { type: 'boolean', default: false },
    type: { type: 'string' },
  },
  allowPositionals: true,
})
const { python, insightface } = values
if (python === undefined) {
  process.stderr.write('usage: npm run bench:onnx -- --python PYTHON [--insightface] [--type f32] [NAME…]\n')
  process.exit(1)
}

/** Element types that are exported: both, or the one that is asked for. */
const types = values.type === undefined ? ['f32', 'f16'] : [values.type]

/** Written only if it is named: 4.5 GB. */
const huge = 'r2060'
const declared = readdirSync(stdlibFolder)
  .map((file) => readFileSync(join(stdlibFolder, file), 'utf8'))
  .filter((text) => /^backbone /m.test(text))
  .flatMap((text) => [...text.matchAll(/^let (\w+) = /gm)].map(([, name = '']) => name))
const names = positionals.length > 0 ? positionals : declared.filter((name) => name !== huge)

/** Scales of the last normalization of a branch: the sums of a hundred branches stay within the range of f16. */
const branchEnd = /\.bn3\.weight$|layers\.2\.layers\.1\.weight$/

/** Centre and width of the uniform numbers of a tensor; filters and weights keep the variance of what they are applied to. */
function rangeOf(name: string, shape: readonly number[]): readonly [number, number] {
  if (shape.length > 1) return [0, Math.sqrt(3 / Math.max(1, elementCount(shape.slice(1))))]
  if (name.endsWith('running_var')) return [1, 0.5]
  if (branchEnd.test(name)) return [0.25, 0.1]
  if (/prelu|layers\.2\.weight$/.test(name)) return [0.25, 0.1]
  return name.endsWith('weight') ? [1, 0.3] : [0, 0.2]
}

function made(name: string, shape: readonly number[]): TensorStream {
  return {
    dtype: 'f32',
    shape,
    async *pieces() {
      const random = randomOf(name)
      const [center, width] = rangeOf(name, shape)
      for (let left = elementCount(shape); left > 0; left -= 2 ** 22) {
        yield Float32Array.from({ length: Math.min(left, 2 ** 22) }, () => center + width * (2 * random() - 1))
      }
    },
  }
}

async function writeWeights(name: string, file: string): Promise<void> {
  const { experiment } = elaborateBackbone(name, fileHost())
  const network = need(inferenceGraph(need(experiment, name).backbone, 'f32'), name)
  const tensors = network.weights.map((weight) => [weight.name, made(weight.name, fileShape(weight))] as const)
  await writeSafetensors(file, new Map(tensors))
}

const checker = `
import sys, onnx
onnx.checker.check_model(sys.argv[1], full_check=True)
model = onnx.load(sys.argv[1], load_external_data=False)
kinds = [node.op_type for node in model.graph.node]
print(len(kinds), 'operators,', kinds.count('Transpose'), 'Transpose')
`

/** What insightface's class does with a model: `get_feat` of a picture in BGR, and the same by hand. */
const insightfaceRun = `
import sys, numpy, onnxruntime
from insightface.model_zoo.arcface_onnx import ArcFaceONNX
own = ArcFaceONNX(sys.argv[1])
own.prepare(-1)
picture = numpy.random.default_rng(5).integers(0, 256, (112, 112, 3), dtype=numpy.uint8)
found = own.get_feat(picture)[0]
rgb = picture[:, :, ::-1].astype('f4').transpose(2, 0, 1)[None]
given = rgb if own.input_std == 1.0 else (rgb - 127.5) / 127.5
session = onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])
wanted = session.run(None, {'data': given.astype('f4')})[0][0]
apart = numpy.linalg.norm(found - wanted) / numpy.linalg.norm(wanted)
print('ArcFaceONNX: mean', own.input_mean, 'std', own.input_std, 'size', own.input_size, 'apart', apart)
sys.exit(0 if apart < 1e-5 else 1)
`

let failed = false
const folder = mkdtempSync(join(tmpdir(), 'arcc-bench-onnx-'))
try {
  for (const name of names) {
    const weights = join(folder, `${name}.safetensors`)
    await writeWeights(name, weights)
    for (const type of types) {
      const options = type === 'f16' ? ['--f16', '--preprocess', 'inside'] : ['--preprocess', 'outside']
      const out = join(folder, `${name}.onnx`)
      const started = performance.now()
      const given = ['export', weights, out, '--backbone', name, '--check', '--force', '--python', python, ...options]
      const run = (program: string, args: readonly string[]) => execFileSync(program, args, { encoding: 'utf8' }).trim()
      try {
        const told = run(process.execPath, ['--import', 'tsx', join(packageFolder, 'cli/main.ts'), ...given])
        const seconds = (performance.now() - started) / 1000
        const compared = told.slice(told.indexOf('apart by'))
        const facts = [`${(statSync(out).size / 1e6).toFixed(1)} MB`, `${seconds.toFixed(0)} s`, compared]
        const checked = run(python, ['-c', checker, out])
        process.stdout.write(`${name} ${type}: ${[...facts, checked].join('; ')}\n`)
        if (insightface) process.stdout.write(`  ${run(python, ['-c', insightfaceRun, out]).split('\n').at(-1)}\n`)
      } catch (error) {
        failed = true
        process.stdout.write(`${name} ${type}: ${error instanceof Error ? error.message : String(error)}\n`)
      }
      rmSync(out, { force: true })
      rmSync(`${out}.data`, { force: true })
    }
    rmSync(weights)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0
