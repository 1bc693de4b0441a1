/**
 * XLA compiling for GPUs that are not there. The wheels are 230 MB: where they have not been fetched these tests are skipped;
 * `npm run test:exact` fetches them first.
 */
import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { compilePlan } from '../../bench/hlo/compile.ts'
import { readModule } from '../../bench/hlo/module.ts'
import { bytesBetween, collectivesOf, joinsAll } from '../../bench/many/collectives.ts'
import { plannedBetween } from '../../bench/many/exact.ts'
import { byteSize } from '../../compiler/ir/dtype.ts'
import { need } from '../../grammar/diagnostic.ts'
import { ArccError } from '../../runtime/errors.ts'
import { cacheRoot } from '../../runtime/plugins/cache-root.ts'
import { compileInChild } from '../../runtime/xla/exact/compile-in-child.ts'
import { type CudaTools, cachedCudaTools, cudaEntries, fetchCudaTools } from '../../runtime/xla/exact/cuda-tools.ts'
import { type ExactEvent, exactMemory } from '../../runtime/xla/exact/exact-memory.ts'
import { gpuTable } from '../../runtime/xla/exact/gpus.ts'
import { targetConfig, topologyText } from '../../runtime/xla/exact/target-config.ts'
import { flagsAcrossProcesses } from '../../runtime/xla/pjrt/cuda-flags.ts'
import { planOf } from '../helpers/plan.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

async function findTools(): Promise<CudaTools | string> {
  try {
    const entries = cudaEntries()
    if (process.env.ARCC_TEST_EXACT === 'fetch') return await fetchCudaTools(entries, () => {})
    return (await cachedCudaTools(entries)) ?? 'the CUDA wheels are not in the cache; npm run test:exact fetches them'
  } catch (error) {
    if (error instanceof ArccError) return `${error.code}: ${error.message}`
    throw error
  }
}

const tools = await findTools()
const plugins = join(cacheRoot(), 'plugins')
const compileLimit = 120_000

if (typeof tools === 'string') describe.skip(`exact plans (skipped: ${tools})`, () => it('compiles', () => {}))
else describe('exact plans', () => exactPlans(tools))

/** x·x + x on every device's own tensor f32 [1024,1024], summed over the devices; x's memory is given away. */
function sumProgram(replicas: number): string {
  const type = 'tensor<1024x1024xf32>'
  const group = Array.from({ length: replicas }, (_, replica) => replica).join(', ')
  return `module @sum {
  func.func public @main(%arg0: ${type} {tf.aliasing_output = 0 : i32}) -> ${type} {
    %0 = "stablehlo.dot_general"(%arg0, %arg0) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (${type}, ${type}) -> ${type}
    %1 = "stablehlo.add"(%0, %arg0) : (${type}, ${type}) -> ${type}
    %2 = "stablehlo.all_reduce"(%1) <{replica_groups = dense<[[${group}]]> : tensor<1x${replicas}xi64>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %3 = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%3) : (tensor<f32>) -> ()
    }) : (${type}) -> ${type}
    "func.return"(%2) : (${type}) -> ()
  }
}
`
}

function exactPlans({ plugin, dataFolder }: CudaTools): void {
  const flags = { xla_gpu_autotune_level: 0, xla_gpu_cuda_data_dir: dataFolder }
  const compile = (target: string, nodes: number, devices: number, program: string) =>
    compileInChild({
      plugin,
      program,
      replicas: nodes * devices,
      topology: { target_config: target, topology: topologyText(nodes, devices) },
      flags: nodes === 1 ? flags : { ...flags, ...flagsAcrossProcesses },
    })

  it.each(gpuTable.map((gpu, i) => ({ gpu, nodes: 1 + i })))(
    'a small program for $nodes × 4 $gpu.name',
    async ({ gpu, nodes }) => {
      const answer = await compile(targetConfig(gpu), nodes, 4, sumProgram(nodes * 4))
      expect(answer).toMatchObject({ kind: 'done' })
      if (answer.kind !== 'done') return
      const { memory } = answer
      const bytes = 1024 * 1024 * 4
      expect(memory).toMatchObject({ arguments: bytes, outputs: bytes, alias: bytes })
      expect(memory.temporaries).toBeGreaterThanOrEqual(bytes)
      expect(memory.peak).toBeLessThanOrEqual(memory.arguments + memory.temporaries)
    },
    compileLimit,
  )

  it(
    'what XLA refuses comes back with its words and the place',
    async () => {
      const type = 'tensor<4x4xf32>'
      const program = `module @bad {
  func.func public @main(%arg0: ${type}) -> ${type} {
    %0 = "stablehlo.transpose"(%arg0) <{permutation = array<i64: 0, 0>}> : (${type}) -> ${type} loc(#loc0)
    "func.return"(%0) : (${type}) -> ()
  }
}
#loc0 = loc("layer1.0"("a/b.arc":12:5))
`
      const target = targetConfig(need(gpuTable[0], 'a GPU'))
      expect(await compile(target, 1, 1, program)).toMatchObject({
        kind: 'refused',
        method: 'PJRT_Compile',
        message: expect.stringContaining('a/b.arc:12:5: error: attribute permutation must be a permutation'),
      })
      expect(await compile('nonsense { }', 1, 1, program)).toMatchObject({
        kind: 'refused',
        method: 'PJRT_TopologyDescription_Create',
      })
    },
    compileLimit,
  )

  it('a plugin that cannot be loaded is an error, and leaves no process behind', async () => {
    const job = { plugin: join(plugins, 'nothing.so'), program: '', replicas: 1, topology: {}, flags: {} }
    await expect(compileInChild(job)).rejects.toMatchObject({
      code: 'ARC6015',
      params: { reason: expect.stringContaining('nothing.so') },
    })
  })

  describe('a training step', () => {
    const folder = temporaryFolder()
    beforeEach(async () => {
      await mkdir(folder, { recursive: true })
      if (!(await readdir(folder)).includes('plugins')) await symlink(plugins, join(folder, 'plugins'))
      vi.stubEnv('ARCC_CACHE', folder)
    })
    afterEach(() => vi.unstubAllEnvs())

    const text = (before: string, machine: string) => `use std.datasets: synthetic
use std.machines: dgx_a100, dgx_h100, dgx_v100
use std.margins: cosface
${before}
backbone small on Image(112, 112, 3) -> Vector(8) {
  input |> conv(8, kernel: 3, stride: 4) |> batch_norm |> prelu |> flatten |> linear(8)
}
experiment run {
  dataset = synthetic(identities: 1000, per_identity: 8)
  backbone = small
  margin = cosface(m: 0.4, scale: 64)
  machine = ${machine}
  train { batch = 4 per device, epochs = 1, precision = f16, optimizer = sgd(lr: 0.1, momentum: 0.9) }
}
`
    const planFor = (before: string, machine = 'dgx_v100(nodes: 2)') => planOf(text(before, machine))

    it(
      'holds its state once, is compiled once, and counts what does not fit beside it',
      async () => {
        const plan = planFor('')
        const events: ExactEvent[] = []
        const first = await exactMemory(plan, { onProgress: (event) => events.push(event) })
        expect(events).toEqual([{ phase: 'compile', gpu: 'Tesla V100-SXM2-32GB' }])
        const state = plan.state.reduce((bytes, tensor) => bytes + byteSize(tensor), 0)
        expect(first.alias).toBe(state)
        expect(first.arguments).toBeGreaterThan(state)
        expect(first.arguments).toBeLessThan(state + 2 ** 20)
        expect(first.peak).toBeLessThanOrEqual(first.arguments + first.outputs - first.alias + first.temporaries)
        expect(first.cached).toBe(false)

        const moved = planFor('// All that follows is one line further down.')
        const again = await exactMemory(moved, { onProgress: (event) => events.push(event) })
        expect(again).toEqual({ ...first, cached: true })
        expect(events).toHaveLength(1)
      },
      compileLimit,
    )

    it.each(['dgx_a100(nodes: 1)', 'dgx_h100(nodes: 1)'])(
      'has matrix products that compile without timing on %s',
      async (machine) => {
        const plan = planFor('', machine)
        await expect(exactMemory(plan)).resolves.toMatchObject({ cached: false })
        // With nothing to choose from, Triton's products have no tiling.
        await expect(exactMemory(plan, { flags: { xla_gpu_autotune_level: 0 } })).rejects.toMatchObject({
          code: 'ARC6014',
        })
      },
      compileLimit,
    )

    it.each([
      ['dgx_v100', 4],
      ['dgx_a100', 5],
      ['dgx_h100', 6],
      ['dgx_v100', 7],
    ])(
      'on %s sends between %i computers what the plan says',
      async (machine, nodes) => {
        const plan = planFor('', `${machine}(nodes: ${nodes})`)
        expect(plan.document.exchange?.chosen).toBe('reduce')
        const { text: program } = await compilePlan(plan)
        const collectives = collectivesOf(readModule(program), plan.replicas)
        expect(collectives.length).toBeGreaterThan(3)
        expect(collectives.filter((one) => !joinsAll(one, plan.replicas))).toEqual([])
        expect(Math.abs(bytesBetween(collectives, 8) / plannedBetween(plan) - 1)).toBeLessThan(1e-3)
      },
      compileLimit,
    )

    it(
      "leaves XLA's dump where it is wanted, though its figures are known",
      async () => {
        const plan = planFor('')
        await exactMemory(plan)
        const dump = join(folder, 'dump')
        await exactMemory(plan, { dump })
        expect((await readdir(dump)).some((name) => name.endsWith('gpu_after_optimizations.txt'))).toBe(true)
      },
      compileLimit,
    )
  })
}
