/** A run of two nodes within one process: the same as that of one with all devices, and how it stops and fails. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { newestIntact } from '../../../runtime/checkpoint/newest-intact.ts'
import type { Engine } from '../../../runtime/engine.ts'
import { ArccError } from '../../../runtime/errors.ts'
import type { RunEvent } from '../../../runtime/events.ts'
import { Interruption } from '../../../runtime/train/failure/interruption.ts'
import type { World } from '../../../runtime/world.ts'
import { makeFaces, type Outcome, outcomeOf, type TinyOptions, tinyText } from '../../faults/faulty-run.ts'
import { nanAt } from '../../faults/world.ts'
import { nodeEngines } from '../../helpers/node-engines.ts'
import { planOf } from '../../helpers/plan.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { testNodes } from '../../helpers/test-nodes.ts'

const given: { of: ((world: World) => Engine) | undefined } = vi.hoisted(() => ({ of: undefined }))

vi.mock('../../../runtime/engines/create-engine.ts', async (original) => {
  const { createEngine } = await original<typeof import('../../../runtime/engines/create-engine.ts')>()
  const create: typeof createEngine = async (name, world, ...rest) =>
    given.of?.(world) ?? createEngine(name, world, ...rest)
  return { createEngine: create }
})

const root = temporaryFolder()
const faces = makeFaces(join(root, 'faces'))
let folders = 0
const newFolder = () => join(root, `run-${folders++}`)

afterEach(() => {
  given.of = undefined
})

/** Two identities for training, two for verification; two devices with statistics of their own. */
function planFor(options: Omit<TinyOptions, 'root'> = {}, from = faces) {
  const text = tinyText({
    root: from,
    holdout: 2,
    more: 'evaluate { sets = [holdout], pairs = 20, every = 4 steps }',
    ...options,
  })
    .replace('devices: 1', 'devices: 2')
    .replace('linear(4) as fc', 'linear(4) as fc |> batch_norm as bn')
  return planOf(text, { host: { countDataset: () => ({ identities: 2, images: 16 }) } })
}

type OnEvent = (rank: number, event: RunEvent, stop: (reason?: unknown) => void) => void

async function runOn(
  nodes: number,
  plan: ReturnType<typeof planFor>,
  folder: string,
  {
    onEvent = () => undefined,
    change = (engine) => engine,
    resume = false,
  }: {
    readonly onEvent?: OnEvent
    readonly change?: (engine: Engine, rank: number) => Engine
    readonly resume?: boolean
  } = {},
): Promise<{ readonly outcomes: readonly Outcome[]; readonly lose: ReturnType<typeof testNodes>['lose'] }> {
  const { peers, lose } = testNodes(nodes)
  const { engines, dispose } = await nodeEngines(nodes, plan.replicas / nodes)
  given.of = ({ rank }) => change(engines[rank] as Engine, rank)
  const outcomes = await Promise.all(
    peers.map(async (own, rank) => {
      const from = resume ? { resume: { ...(await newestIntact(folder)), changes: [] } } : {}
      const outcome = await outcomeOf(plan, folder, (event, stop) => onEvent(rank, event, stop), {
        peers: own,
        ...from,
      })
      await from.resume?.checkpoint?.close()
      return outcome
    }),
  )
  dispose()
  return { outcomes, lose }
}

const weightsOf = (folder: string) => readFileSync(join(folder, 'weights.safetensors'))
const evaluations = ({ events }: Outcome) =>
  events.flatMap((event) => (event.type === 'evaluation' ? [[event.step, event.accuracy, event.auc, event.xnorm]] : []))
const stepsOf = ({ events }: Outcome) => events.flatMap((event) => (event.type === 'end' ? [event.steps] : []))
const checkpoints = (folder: string) => readdirSync(join(folder, 'checkpoints')).sort()

test('the weights, losses and verifications of one process; rank 0 alone writes the log', async () => {
  const plan = planFor({
    more: 'evaluate { sets = [holdout], pairs = 20, every = 4 steps }\n checkpoint { every = 5 steps }',
  })
  const [alone, together] = [newFolder(), newFolder()]
  const one = await outcomeOf(plan, alone)
  const { outcomes } = await runOn(2, plan, together)
  expect(outcomes.map(({ message }) => message)).toEqual(['', ''])
  expect(weightsOf(together).equals(weightsOf(alone))).toBe(true)
  expect(evaluations(one)).toHaveLength(4)
  for (const outcome of outcomes) expect(evaluations(outcome)).toEqual(evaluations(one))
  expect(checkpoints(together)).toEqual(checkpoints(alone))
  const { logged } = outcomes[0] as Outcome
  expect(logged.filter(({ type }) => type === 'end')).toHaveLength(1)
  expect(existsSync(join(together, 'run.lock'))).toBe(false)
})

test.each([0, 1])(
  'told to stop, rank %i stops all after the same step; one process goes on with the same bits',
  async (told) => {
    const plan = planFor({ steps: 40 })
    const [alone, folder] = [newFolder(), newFolder()]
    await outcomeOf(plan, alone)
    const { outcomes } = await runOn(2, plan, folder, {
      onEvent(rank, event, stop) {
        if (rank === told && event.type === 'evaluation' && event.step === 4) stop(new Interruption('SIGTERM', 60_000))
      },
    })
    const [steps] = stepsOf(outcomes[0] as Outcome)
    expect(outcomes.map(({ message }) => message)).toEqual(['', ''])
    expect(outcomes.map((outcome) => stepsOf(outcome))).toEqual([[steps], [steps]])
    expect(steps).toBeGreaterThanOrEqual(4)
    expect(steps).toBeLessThan(40)
    given.of = undefined
    const from = await newestIntact(folder)
    expect(from.checkpoint?.manifest).toMatchObject({ step: steps, reason: 'interrupted', devices: 2 })
    const rest = await outcomeOf(plan, folder, undefined, { resume: { ...from, changes: [] } })
    await from.checkpoint?.close()
    expect(rest.message).toBe('')
    expect(weightsOf(folder).equals(weightsOf(alone))).toBe(true)
  },
)

test('a step that is not finite: all go back and leave it out', async () => {
  const plan = planFor({ train: 'on_non_finite = skip(at_most: 10%)', more: 'checkpoint { every = 2 steps }' })
  const folder = newFolder()
  const { outcomes } = await runOn(2, plan, folder, { change: (engine) => nanAt(5)(engine) })
  expect(outcomes.map(({ message }) => message)).toEqual(['', ''])
  for (const { events } of outcomes)
    expect(events.filter(({ type }) => type === 'left-out')).toMatchObject([{ step: 6, back: 5, count: 1 }])
  expect(JSON.parse(readFileSync(join(folder, 'left-out.json'), 'utf8'))).toEqual([5])
})

test('a picture that one node cannot read for a verification: all save the state and show the error with its node', async () => {
  const plan = planFor({ steps: 8 })
  const folder = newFolder()
  const broken = join(faces, 'p3', '7.ppm')
  const whole = readFileSync(broken)
  writeFileSync(broken, 'no picture')
  const { outcomes } = await runOn(2, plan, folder).finally(() => writeFileSync(broken, whole))
  for (const { message, last } of outcomes) {
    expect(message).toMatch(/rank \d \(node-\d\): .*7\.ppm|^error\[ARC62\d\d\]: .*7\.ppm/)
    expect(last).toMatchObject({ type: 'failed', step: 1, kept: { step: 1 } })
  }
  expect(checkpoints(folder)).toEqual(['step-000001'])
})

test('a node that is lost: the other one ends with its name and the last checkpoint', async () => {
  const plan = planFor({ steps: 400, more: 'checkpoint { every = 5 steps }' })
  const folder = newFolder()
  const { peers, lose } = testNodes(2)
  const { engines } = await nodeEngines(2, 1)
  const gone = new ArccError('ARC6857', {}, { text: 'rank 1 (node-1) is lost: its connection has ended' })
  given.of = ({ rank }) => engines[rank] as Engine
  const [first] = await Promise.all(
    peers
      .map((own, rank) =>
        outcomeOf(
          plan,
          folder,
          (event) => {
            if (rank === 0 && event.type === 'saved' && event.step >= 10) lose(1, gone)
          },
          { peers: own },
        ),
      )
      .slice(0, 1),
  )
  expect(first?.message).toContain('rank 1 (node-1) is lost')
  expect(first?.last).toMatchObject({
    type: 'failed',
    code: 'ARC6857',
    kept: { path: expect.stringMatching(/step-0000/) },
  })
}, 30_000)

test('a folder that the other node does not see is refused on both', async () => {
  const plan = planFor()
  const [own, other] = [newFolder(), newFolder()]
  const { peers } = testNodes(2)
  const { engines } = await nodeEngines(2, 1)
  await outcomeOf(planFor({ steps: 1 }), other)
  given.of = ({ rank }) => engines[rank] as Engine
  writeFileSync(join(other, 'run.lock'), 'of another run')
  const outcomes = await Promise.all(
    peers.map((peer, rank) => outcomeOf(plan, rank === 0 ? own : other, undefined, { peers: peer })),
  )
  for (const { message } of outcomes) expect(message).toMatch(/ARC6900.*the run folder .* is not that of rank 0/)
  expect(outcomes[0]?.message).toContain('rank 1 (node-1): ')
  rmSync(other, { recursive: true })
})

test('other data at one node, wherever it lies, ends both before anything is compiled', async () => {
  const other = join(root, 'other-faces')
  cpSync(faces, other, { recursive: true })
  const end = async () => {
    const { peers } = testNodes(2)
    let engines = 0
    given.of = () => {
      engines += 1
      throw new Error('reached')
    }
    const folder = newFolder()
    const outcomes = await Promise.all(
      peers.map((peer, rank) => outcomeOf(planFor({}, rank === 0 ? faces : other), folder, undefined, { peers: peer })),
    )
    return { engines, messages: outcomes.map(({ message }) => message) }
  }
  expect(await end()).toMatchObject({ engines: 2 })
  rmSync(join(other, 'p1', '0.ppm'))
  const { engines, messages } = await end()
  expect(engines).toBe(0)
  const said = 'the number of images is 16 at rank 0 (node-0) and 15 at rank 1 (node-1)'
  for (const message of messages) expect(message).toContain(`error[ARC6855]: the nodes cannot work together: ${said}`)
})
