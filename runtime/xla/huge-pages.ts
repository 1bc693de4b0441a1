/**
 * XLA's CPU client allocates a step's temporaries, up to gigabytes, with malloc and frees them after every run, so the kernel
 * zeroes and maps them again page by page: a third of an mbf step. With `glibc.malloc.hugetlb=1`, malloc requests pages of 2 MiB,
 * which avoids nearly all of that. glibc reads this setting only at process start (`restartWith`); another C library ignores it.
 */
import { readFileSync } from 'node:fs'

const tunables = 'GLIBC_TUNABLES'
const setting = 'glibc.malloc.hugetlb'
/** `always [madvise] never`: which programs get huge pages. */
const kernelMode = '/sys/kernel/mm/transparent_hugepage/enabled'

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
