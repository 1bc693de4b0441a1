/** `arcc eval`. */
import type { ExitCode } from '../../render/exit.ts'
import type { EvalOptions } from '../options.ts'

export async function evaluate(options: EvalOptions): Promise<ExitCode> {
  switch (options.what) {
    case 'pairs':
      return (await import('./pairs.ts')).evalPairs(options)
    case 'ijb':
      return (await import('./ijb.ts')).evalIjb(options)
    case 'all-to-all':
      return (await import('./all-to-all.ts')).evalAllToAll(options)
  }
}
