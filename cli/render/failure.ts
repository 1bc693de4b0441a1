/** Renders errors that end a command as text and exit code. The stack is shown only with ARCC_DEBUG=1. */
import { Bug } from '../../grammar/diagnostic.ts'
import { showPlace } from '../../grammar/source.ts'
import { ArccError } from '../../runtime/errors.ts'
import { systemFailure } from '../../runtime/system-errors.ts'
import { type ExitCode, exitCode } from './exit.ts'
import type { Palette } from './look.ts'

export interface Failure {
  readonly exitCode: ExitCode
  readonly lines: readonly string[]
}

/**
 * Errors of this computer beside those of engines and devices, ARC60xx: files that cannot be written, threads that died, what hangs,
 * other nodes that do not come or are lost, and ONNX Runtime if it is missing or refuses. The other failures are caused by the user's data and files.
 */
const environmental: ReadonlySet<string> = new Set([
  ...['ARC6260', 'ARC6326', 'ARC6404', 'ARC6700', 'ARC6707', 'ARC6722', 'ARC6725'],
  ...['ARC6850', 'ARC6851', 'ARC6852', 'ARC6857', 'ARC6861', 'ARC6868'],
  ...['ARC6804', 'ARC6805', 'ARC6806', 'ARC6826', 'ARC6832'],
])

function codeOf({ code }: ArccError): ExitCode {
  if (code === 'ARC6575') return exitCode.unmet
  return code.startsWith('ARC60') || environmental.has(code) ? exitCode.environment : exitCode.user
}

function stackOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const cause = error instanceof Error && error.cause !== undefined ? ['caused by:', ...stackOf(error.cause)] : []
  return [...stack.split('\n'), ...cause]
}

/** The text and the exit code of an uncaught error. */
export function describeFailure(error: unknown, palette: Palette, debug: boolean): Failure {
  // Further lines of a hint are aligned with its first.
  const help = (hint: string | undefined) =>
    hint === undefined ? [] : `${palette.accent('help')}: ${hint.replaceAll('\n', '\n      ')}`.split('\n')
  const stack = debug ? stackOf(error) : []
  if (error instanceof ArccError) {
    const head = `${palette.error(`error[${error.code}]`)}: ${error.message}`
    return { exitCode: codeOf(error), lines: [head, ...help(error.hint), ...stack] }
  }
  const system = systemFailure(error)
  if (system !== undefined) {
    const head = `${palette.error('error')}: ${system.path === undefined ? '' : `${system.path}: `}${system.reason}`
    return { exitCode: exitCode.environment, lines: [head, ...stack] }
  }
  const message = error instanceof Error ? error.message : String(error)
  const place = error instanceof Bug && error.span !== undefined ? [`  --> ${showPlace(error.span)}`] : []
  return {
    exitCode: exitCode.internal,
    lines: [
      `${palette.error('internal error')}: ${message}`,
      ...place,
      'This is a bug in arcc, not in your file. Please report it with the command, the .arc file and the output of',
      'the same command with ARCC_DEBUG=1 (see CONTRIBUTING.md).',
      ...stack,
    ],
  }
}
