/** Commands that follow a run. */

/** A word for a shell: in quotes if it has special characters. */
export function shellWord(text: string): string {
  return /^[\w./=%+:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** The command that goes on with a run: `arcc run --resume runs/quickstart-001`. */
export function resumeCommand(folder: string): string {
  return `arcc run --resume ${shellWord(folder)}`
}

/** The command that computes a failed step again. */
export function replayCommand(folder: string): string {
  return `arcc replay ${shellWord(folder)}`
}

/** The command of this process with an option more, unless it has it. */
export function sameCommand(option: string, args: readonly string[] = process.argv.slice(2)): string {
  return ['arcc', ...args.map(shellWord), ...(args.includes(option) ? [] : [option])].join(' ')
}
