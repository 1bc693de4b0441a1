/** Exit codes of `arcc`. */
export const exitCode = {
  ok: 0,
  /** An error in the user's text, files or arguments. */
  user: 1,
  /** A bug in arcc; `bin/arcc.js` uses the same number. */
  internal: 2,
  /** A problem of the computer: engine, device, disk, network. */
  environment: 3,
  /** Ctrl-C. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
