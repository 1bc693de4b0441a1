/** Commands that follow others. */

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

/** The command that verifies a network on templates; an unknown folder is `ROOT`. */
export function ijbCommand(
  network: string,
  root: string | undefined,
  subset: string,
  experiment: string | undefined,
): string {
  const words = [network, '--ijb', root ?? 'ROOT', '--subset', subset]
  return [
    'arcc eval',
    ...words.map(shellWord),
    ...(experiment === undefined ? [] : ['--experiment', shellWord(experiment)]),
  ].join(' ')
}

/** The command of this process with an option more, unless it has it. */
export function sameCommand(option: string, args: readonly string[] = process.argv.slice(2)): string {
  return ['arcc', ...args.map(shellWord), ...(args.includes(option) ? [] : [option])].join(' ')
}
