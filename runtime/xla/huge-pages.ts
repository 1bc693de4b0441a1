/**
 * XLA's CPU client allocates a step's temporaries, up to gigabytes, with malloc and frees them after every run, so the kernel
 * zeroes and maps them again page by page: a third of an mbf step. With `glibc.malloc.hugetlb=1`, malloc requests pages of 2 MiB,
 * which avoids nearly all of that. glibc reads this setting only at process start, so the process restarts in place: execve(2)
 * keeps its number, its terminal and its pipes.
 */
import { readFileSync } from 'node:fs'
import { processLibrary } from '../native-library.ts'

const tunables = 'GLIBC_TUNABLES'
const setting = 'glibc.malloc.hugetlb'
/** `always [madvise] never`: which programs get huge pages. */
const kernelMode = '/sys/kernel/mm/transparent_hugepage/enabled'

/** `F_SETFD` of fcntl(2). */
const setDescriptorFlags = 2

/** The environment for a restart; undefined if it would change nothing. */
export function hugePageEnvironment(
  env: NodeJS.ProcessEnv = process.env,
  readMode: () => string = () => readFileSync(kernelMode, 'utf8'),
): NodeJS.ProcessEnv | undefined {
  if (process.platform !== 'linux' || env[tunables]?.includes(setting)) return undefined
  try {
    if (!readMode().includes('[madvise]')) return undefined
  } catch {
    return undefined
  }
  return { ...env, [tunables]: [env[tunables], `${setting}=1`].filter(Boolean).join(':') }
}

/**
 * Restarts this process with huge pages if that helps; otherwise does nothing. Call it first: the process loses its memory. On a
 * C library other than glibc the setting has no effect.
 */
export function restartWithHugePages(): void {
  const env = hugePageEnvironment()
  if (env === undefined) return
  const libc = processLibrary()
  const fcntl = libc.func('int fcntl(int descriptor, int command, ...)')
  // Node closes its own descriptors on exec: the standard streams, and the channel to a parent that forked it.
  for (const descriptor of [0, 1, 2, Number(env.NODE_CHANNEL_FD ?? 2)]) fcntl(descriptor, setDescriptorFlags, 'int', 0)
  const execve = libc.func('int execve(const char* path, const char** argv, const char** envp)')
  const args = [process.argv0, ...process.execArgv, ...process.argv.slice(1)]
  const variables = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  execve(process.execPath, [...args, null], [...variables, null])
}
