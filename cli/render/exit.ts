/** Exit codes of `arcc`; docs/failures.md has the table. */
export const exitCode = {
  ok: 0,
  /** An error in the user's text, files, data or arguments, or a training that diverged: the same command fails again. */
  user: 1,
  /** A bug in arcc; `bin/arcc.js` uses the same number. */
  internal: 2,
  /** A problem of the computer: engine, device, disk, memory, network, or something that hangs. */
  environment: 3,
  /** The run ended well, but does not meet a `require` of its experiment. */
  unmet: 4,
  /** SIGHUP. */
  hungUp: 129,
  /** Ctrl-C, SIGINT. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
