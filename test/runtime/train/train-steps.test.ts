/** The training loop, on devices that end a step on demand. */
import { expect, test } from 'vitest'
import { stepMetrics } from '../../../compiler/ir/step-metrics.ts'
import type { Batch } from '../../../runtime/data/loader/batches.ts'
import type { DeviceTensor, Engine, Executable, HostTensor, StartedRun } from '../../../runtime/engine.ts'
import type { DeviceState } from '../../../runtime/state/device-state.ts'
import { type StepOutcome, type TrainSteps, trainSteps } from '../../../runtime/train/train-steps.ts'

/** Two devices that count their live tensors; `endOne` ends the oldest step in flight. */
function fakeDevices() {
  const seen = { alive: 0, uploaded: 0, started: 0 }
  const running: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []
  const tensor = (host: HostTensor): DeviceTensor => {
    seen.alive++
    return { dtype: host.dtype, shape: host.shape, read: async () => host, dispose: () => void seen.alive-- }
  }
  const engine: Partial<Engine> = {
    async uploadAll(tensors) {
      seen.uploaded++
      return tensors.map((own) => own.map(tensor))
    },
  }
  const state: Partial<DeviceState> = {
    leaveOutUntil: () => undefined,
    async step(_: Executable, inputs): Promise<StartedRun> {
      seen.started++
      const step = Number((await inputs[0]?.[3]?.read())?.data[0])
      const metrics = { dtype: 'f32', shape: [5], data: Float32Array.from(stepMetrics, (_, i) => step + i) } as const
      const ended = new Promise<void>((resolve, reject) => running.push({ resolve, reject }))
      return { outputs: inputs.map(() => [tensor(metrics)]), end: () => ended }
    },
  }
  return {
    seen,
    endOne: () => running.shift()?.resolve(),
    failOne: (message: string) => running.shift()?.reject(new Error(message)),
    options: {
      engine: engine as Engine,
      state: state as DeviceState,
      executable: {} as Executable,
      image: [1, 1, 1] as const,
    },
  }
}

async function* batchesOf(count: number, failure?: Error): AsyncGenerator<Batch> {
  const own = { images: new Uint8Array(1), labels: Int32Array.of(0), flip: Uint8Array.of(0) }
  for (let step = 0; step < count; step++) yield { step, epoch: 0, replicas: [own, own] }
  if (failure !== undefined) throw failure
}

/** Runs a loop until it waits. */
function follow(options: TrainSteps) {
  const outcomes: StepOutcome[] = []
  const end = (async () => {
    for await (const outcome of trainSteps(options)) outcomes.push(outcome)
  })().then(
    () => 'done',
    (error: Error) => error.message,
  )
  return { steps: () => outcomes.map(({ steps }) => steps), outcomes, end }
}

const settle = async () => {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('two steps are in flight, the next batch is on the devices, and each step is handed out at its end', async () => {
  const { seen, endOne, options } = fakeDevices()
  const loop = follow({ ...options, batches: batchesOf(4) })
  await settle()
  expect(seen).toMatchObject({ started: 2, uploaded: 3 })
  expect(loop.steps()).toEqual([])
  endOne()
  await settle()
  expect(seen).toMatchObject({ started: 3, uploaded: 4 })
  expect(loop.steps()).toEqual([1])
  expect(loop.outcomes[0]?.metrics).toEqual({ loss: 0, gradient_norm: 1, rate: 2, loss_scale: 3, skipped: 4 })
  for (let i = 0; i < 3; i++, await settle()) endOne()
  expect(await loop.end).toBe('done')
  expect(loop.steps()).toEqual([1, 2, 3, 4])
  expect(seen).toEqual({ alive: 0, uploaded: 4, started: 4 })
})

test('before a pause all steps end, and none is started until the caller goes on', async () => {
  const { seen, endOne, options } = fakeDevices()
  const started: number[] = []
  const loop = trainSteps({ ...options, batches: batchesOf(5), pauseAfter: (steps) => steps === 3 })
  const end = (async () => {
    for await (const { steps } of loop) {
      if (steps === 3) {
        await settle()
        started.push(seen.started)
      }
    }
  })()
  for (let i = 0; i < 8; i++, await settle()) endOne()
  await end
  expect(started).toEqual([3])
  expect(seen).toMatchObject({ alive: 0, started: 5 })
})

test('an interruption stops after the steps in flight', async () => {
  const { seen, endOne, options } = fakeDevices()
  const interrupt = new AbortController()
  const loop = follow({ ...options, batches: batchesOf(9), signal: interrupt.signal })
  await settle()
  interrupt.abort()
  for (let i = 0; i < 4; i++, await settle()) endOne()
  expect(await loop.end).toBe('done')
  expect(loop.steps()).toEqual([1, 2])
  expect(seen).toMatchObject({ alive: 0, started: 2 })
})

test('what a step ends with is thrown once, after the others in flight have ended', async () => {
  const { seen, failOne, options } = fakeDevices()
  const loop = follow({ ...options, batches: batchesOf(9) })
  let over = false
  void loop.end.then(() => {
    over = true
  })
  await settle()
  failOne('the device is lost')
  await settle()
  expect(over).toBe(false)
  for (let i = 0; i < 3; i++, await settle()) failOne('the input was never made')
  expect(await loop.end).toBe('the device is lost')
  expect(loop.steps()).toEqual([])
  expect(seen).toMatchObject({ alive: 0, started: 2 })
})

test('a picture that cannot be read ends the loop after the steps before it', async () => {
  const { seen, endOne, options } = fakeDevices()
  const loop = follow({ ...options, batches: batchesOf(3, new Error('picture 7')) })
  for (let i = 0; i < 5; i++, await settle()) endOne()
  expect(await loop.end).toBe('picture 7')
  expect(loop.steps()).toEqual([1, 2, 3])
  expect(seen).toMatchObject({ alive: 0, started: 3 })
})

test('a caller that leaves waits for the steps in flight', async () => {
  const { seen, endOne, options } = fakeDevices()
  const end = (async () => {
    for await (const _ of trainSteps({ ...options, batches: batchesOf(9) })) throw new Error('diverged')
  })().catch((error: Error) => error.message)
  for (let i = 0; i < 4; i++, await settle()) endOne()
  expect(await end).toBe('diverged')
  expect(seen.alive).toBe(0)
})

test('a step counts from the end of the one before; waiting for data is what no step hid', async () => {
  const { endOne, options } = fakeDevices()
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
  async function* slow() {
    for await (const batch of batchesOf(3)) {
      if (batch.step !== 1) await pause(40)
      yield batch
    }
  }
  const loop = follow({ ...options, batches: slow() })
  // Step 1 waits for its batch; that of step 2 is ready; that of step 3 arrives while step 2 runs.
  await pause(100)
  for (let i = 0; i < 3; i++, await pause(30)) endOne()
  await loop.end
  const [first, second, third] = loop.outcomes
  expect(first?.dataSeconds).toBeGreaterThan(0.035)
  expect(first?.seconds).toBeGreaterThanOrEqual(0.095)
  expect([second?.dataSeconds, third?.dataSeconds]).toEqual([0, 0])
  expect(second?.seconds).toBeGreaterThanOrEqual(0.025)
  expect(second?.seconds).toBeLessThan(first?.seconds ?? 0)
})
