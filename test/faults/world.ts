/** What happens to runs in tests: mocks of the engine and of the disk look here. Imports nothing that is mocked. */
import { need } from '../../grammar/diagnostic.ts'
import type { Engine, Executable, StartedRun } from '../../runtime/engine.ts'

/** What is wrong with the world; nothing after `clearFaults`. */
export const faults: {
  /** Changes the engine of the run. */
  engine: (engine: Engine) => Engine
  /** The error of writing to a file; `undefined` if that works. */
  disk: (path: string) => Error | undefined
} = { engine: (engine) => engine, disk: () => undefined }

export function clearFaults(): void {
  faults.engine = (engine) => engine
  faults.disk = () => undefined
}

/** An error as Node throws it. */
export function systemError(code: string, syscall = 'write'): Error {
  return Object.assign(new Error(`${code}: as the system says it, ${syscall}`), { code, syscall })
}

type StartStep = ReturnType<Executable['keep']>['start']

/** The engine whose steps are started by what `change` makes of their start; called once for each state that is kept. */
function overSteps(change: (start: StartStep) => StartStep): (engine: Engine) => Engine {
  return (engine) => {
    const compile = engine.compile.bind(engine)
    return Object.assign(engine, {
      async compile(...given: Parameters<Engine['compile']>) {
        const program = await compile(...given)
        if (given[0].name !== 'step') return program
        const keep: typeof program.keep = (state) => {
          const kept = program.keep(state)
          return { ...kept, start: change((inputs) => kept.start(inputs)) }
        }
        return { ...program, keep }
      },
    })
  }
}

/** The engine whose step `at`, from 1, does something else when it is started. */
export function atStep(
  at: number,
  act: (start: () => Promise<StartedRun>) => Promise<StartedRun>,
): (engine: Engine) => Engine {
  return overSteps((start) => {
    let steps = 0
    return (inputs) => (++steps === at ? act(() => start(inputs)) : start(inputs))
  })
}

/** The engine that reports a loss of NaN at these steps, from 0, whenever they run. */
export function nanAt(...bad: readonly number[]): (engine: Engine) => Engine {
  return overSteps((start) => async (inputs) => {
    const number = await need(inputs[0]?.at(-1), 'the number of the step').read()
    const run = await start(inputs)
    const metrics = need(run.outputs[0]?.[0], 'metrics')
    const read = metrics.read.bind(metrics)
    if (bad.includes(number.data[0] ?? -1))
      Object.assign(metrics, {
        async read() {
          const tensor = await read()
          tensor.data[0] = Number.NaN
          return tensor
        },
      })
    return run
  })
}
