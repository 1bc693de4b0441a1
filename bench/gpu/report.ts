/** The last line printed by the kit's programs, which `run-kit.ts` reads. */

export interface Report {
  /** Whether all checks passed. */
  readonly ok: boolean
  /** The failed checks. */
  readonly failures: readonly string[]
}

/** Prints a report and ends the process: 0 if everything passed, otherwise 1. */
export function finish(report: Report): never {
  process.stdout.write(`${JSON.stringify(report)}\n`)
  process.exit(report.ok ? 0 : 1)
}

/** `--name value` among the arguments; `undefined` if it is missing. */
export function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}
