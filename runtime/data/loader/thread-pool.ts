/**
 * The size of libuv's thread pool, which all threads of a process share. sharp decodes in it, and koffi waits in it for the engine: with
 * libuv's default of four threads, steps wait behind pictures. A larger pool does not make sharp faster: its threads wait at the locks of
 * GLib, and 4, 15 and 16 decoding threads made 1,250 to 1,540 pictures a second on 16 cores. Only other decoders scale.
 */
import { availableParallelism } from 'node:os'
import { atOnce } from './picture-maker.ts'
import { mostWorkers } from './start-workers.ts'

const variable = 'UV_THREADPOOL_SIZE'
/** libuv's own default, which is left to everything but decoding. */
const others = 4

/** The environment with a pool in which no picture waits for another; undefined if its size is set already. */
export function threadPoolEnvironment(
  env: NodeJS.ProcessEnv,
  cores: number = availableParallelism(),
): NodeJS.ProcessEnv | undefined {
  return env[variable] ? undefined : { ...env, [variable]: String(others + atOnce * mostWorkers(cores)) }
}
