/** `arcc data`: each subcommand has its file. */
import type { ExitCode } from '../../render/exit.ts'
import type { DataOptions } from '../options.ts'

/** Throws usage errors, ARC62xx and ARC641x; returns exit code 1 if the data set has faults, 130 after Ctrl-C. */
export async function data(options: DataOptions): Promise<ExitCode> {
  switch (options.what) {
    case 'inspect':
      return (await import('./inspect.ts')).inspect(options)
    case 'check':
      return (await import('./check.ts')).check(options)
    case 'pack':
    case 'shuffle':
      return (await import('./pack.ts')).pack(options)
    case 'pairs':
      return (await import('./pairs.ts')).pairs(options)
    case 'sheet':
      return (await import('./sheet.ts')).sheet(options)
  }
}
