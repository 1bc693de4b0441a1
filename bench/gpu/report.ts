/** What the programs of the kit print as their last line, and `run-kit.ts` reads. */

export interface Report {
  /** Whether all that it tried held. */
  readonly ok: boolean
  /** What did not. */
  readonly failures: readonly string[]
}

/** Prints a report and ends the process: 0 where all held, else 1. */
export function finish(report: Report): never {
  process.stdout.write(`${JSON.stringify(report)}\n`)
  process.exit(report.ok ? 0 : 1)
}

/** `--name value` among the arguments; `undefined` where it is not there. */
export function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}
