/** `arcc checkpoint`: each subcommand has its file. */
import type { ExitCode } from '../../render/exit.ts'
import type { CheckpointOptions } from '../options.ts'

/** Throws ARC6404 and ARC67xx; returns exit code 1 if `verify` finds damage. */
export async function checkpoint(options: CheckpointOptions): Promise<ExitCode> {
  switch (options.what) {
    case 'inspect':
      return (await import('./inspect.ts')).inspect(options)
    case 'verify':
      return (await import('./verify.ts')).verify(options)
    case 'merge':
      return (await import('./rewrite.ts')).merge(options)
    case 'convert':
      return (await import('./rewrite.ts')).convert(options)
  }
}
