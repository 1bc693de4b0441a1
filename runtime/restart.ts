/**
 * Restarts the process in place with other environment variables, for settings that C libraries read only at process start:
 * execve(2) keeps its number, its terminal and its pipes.
 */
import { processLibrary } from './native-library.ts'

/** The environment with a setting added; undefined if that would change nothing. */
export type EnvironmentChange = (env: NodeJS.ProcessEnv) => NodeJS.ProcessEnv | undefined

/** `F_SETFD` of fcntl(2). */
const setDescriptorFlags = 2

/**
 * Restarts this process if one of the changes applies; otherwise, and in the restarted process, does nothing. Call it first: the
 * process loses its memory. Only on Linux.
 */
export function restartWith(...changes: readonly EnvironmentChange[]): void {
  if (process.platform !== 'linux') return
  const env = changes.reduce((given, change) => change(given) ?? given, process.env)
  if (env === process.env) return
  const libc = processLibrary()
  const fcntl = libc.func('int fcntl(int descriptor, int command, ...)')
  // Node closes its own descriptors on exec: the standard streams, and the channel to a parent that forked it.
  for (const descriptor of [0, 1, 2, Number(env.NODE_CHANNEL_FD ?? 2)]) fcntl(descriptor, setDescriptorFlags, 'int', 0)
  const execve = libc.func('int execve(const char* path, const char** argv, const char** envp)')
  const args = [process.argv0, ...process.execArgv, ...process.argv.slice(1)]
  const variables = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  execve(process.execPath, [...args, null], [...variables, null])
}
