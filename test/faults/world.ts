/** What happens to runs in tests: mocks of the engine and of the disk look here. Imports nothing that is mocked. */
import type { Engine } from '../../runtime/engine.ts'

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
