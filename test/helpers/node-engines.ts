/**
 * Engines of several nodes within one process: TensorFlow.js runs the devices of all of them as one program as soon as each node has
 * started it, as collectives make it on real ones. The results are bit for bit those of one process with all devices.
 */
import type { DeviceTensor, Engine, Executable, ResidentState, StartedRun } from '../../runtime/engine.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { localReplicas, oneProcess } from '../../runtime/world.ts'

type Lists = readonly (readonly DeviceTensor[])[]

/** What all nodes do together once: `join(rank, value)` resolves for all when each has come with its value. */
function meeting<V, R>(nodes: number, together: (values: readonly V[]) => Promise<R> | R) {
  const values: V[] = []
  let finish: (result: Promise<R> | R) => void = () => undefined
  const result = new Promise<R>((resolve) => {
    finish = resolve
  })
  return {
    join(rank: number, value: V): Promise<R> {
      values[rank] = value
      if (Object.keys(values).length === nodes) finish(together(values))
      return result
    },
  }
}

/** The i-th call of each node is one call of all. */
function inTurn<V, R>(nodes: number, together: (values: readonly V[]) => Promise<R> | R) {
  const calls: ReturnType<typeof meeting<V, R>>[] = []
  const made = Array.from({ length: nodes }, () => 0)
  return (rank: number, value: V): Promise<R> => {
    const number = made[rank] ?? 0
    made[rank] = number + 1
    calls[number] ??= meeting(nodes, together)
    return (calls[number] as ReturnType<typeof meeting<V, R>>).join(rank, value)
  }
}

export interface NodeEngines {
  readonly engines: readonly Engine[]
  /** Frees what is left; the nodes dispose their engines without effect. */
  dispose(): void
}

export async function nodeEngines(nodes: number, local: number): Promise<NodeEngines> {
  const base = await createTfjsEngine({ world: oneProcess(nodes * local), backend: 'cpu' })
  const partOf = <T>(rank: number, all: readonly T[]) => all.slice(rank * local, (rank + 1) * local)
  const ownRun = (rank: number, run: StartedRun, end: () => Promise<void>): StartedRun => ({
    outputs: partOf(rank, run.outputs),
    end,
  })

  /** The step: one state, and one run of all nodes. */
  const sharedStep = (program: Executable) => {
    const keep = inTurn(nodes, (states: readonly Lists[]) => {
      const kept = program.keep(states.flat())
      const start = inTurn(nodes, async (inputs: readonly Lists[]) => {
        const run = await kept.start(inputs.flat())
        const end = run.end()
        end.catch(() => undefined)
        return { run, end }
      })
      let released: DeviceTensor[][] | undefined
      return { kept, start, release: () => (released ??= kept.release()) }
    })
    return (rank: number): Executable => ({
      ...program,
      keep(state): ResidentState {
        const whole = keep(rank, state)
        let shared: Awaited<typeof whole> | undefined
        void whole.then((it) => {
          shared = it
        })
        return {
          async start(inputs) {
            const { run, end } = await (await whole).start(rank, inputs)
            return ownRun(rank, run, () => end)
          },
          release: () => partOf(rank, shared?.release() ?? []),
          dispose: () => undefined,
        }
      },
      dispose: () => undefined,
    })
  }
  /** Copies of tensors for a device of a node. */
  const onNode = (rank: number, device: number, tensors: readonly DeviceTensor[]) =>
    Promise.all(tensors.map(async (tensor) => base.upload(rank * local + device, await tensor.read())))
  /** Other programs have no collectives: a node runs its part, and what the others would compute is thrown away. */
  const alone =
    (program: Executable) =>
    (rank: number): Executable => {
      const start = async (inputs: Lists): Promise<StartedRun> => {
        const copies = await Promise.all(
          Array.from({ length: nodes }, (_, of) => Promise.all(inputs.map((own, device) => onNode(of, device, own)))),
        )
        const run = await program.start(copies.flatMap((own, of) => (of === rank ? inputs : own)))
        for (const tensor of copies.flat(2)) tensor.dispose()
        for (const [device, tensors] of run.outputs.entries())
          if (Math.floor(device / local) !== rank) for (const tensor of tensors) tensor.dispose()
        return ownRun(rank, run, run.end)
      }
      return {
        ...program,
        start,
        async run(inputs) {
          const run = await start(inputs)
          await run.end()
          return run.outputs
        },
        dispose: () => undefined,
      }
    }
  const programs = new Map<string, Promise<(rank: number) => Executable>>()
  const engines = Array.from({ length: nodes }, (_, rank): Engine => {
    const world = { size: nodes * local, local, rank }
    const replicas = localReplicas(world)
    const at = (device: number) => replicas[device] ?? -1
    return {
      name: base.name,
      description: base.description,
      world,
      async compile(graph, options) {
        const compiled =
          programs.get(graph.name) ?? base.compile(graph, options).then(graph.name === 'step' ? sharedStep : alone)
        programs.set(graph.name, compiled)
        return (await compiled)(rank)
      },
      upload: (device, tensor) => base.upload(at(device), tensor),
      uploadAll: (tensors) =>
        Promise.all(tensors.map((own, device) => Promise.all(own.map((tensor) => base.upload(at(device), tensor))))),
      get alive() {
        return base.alive
      },
      dispose: () => undefined,
    }
  })
  return { engines, dispose: () => base.dispose() }
}
