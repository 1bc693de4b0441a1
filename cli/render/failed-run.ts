/** What follows the error that ended a run: what is kept, and the command that goes on. Pure: an event in, lines out. */
import type { DumpedEvent, FailedEvent } from '../../runtime/events.ts'
import { formatCount, plural } from './format.ts'
import type { Palette } from './look.ts'
import { replayCommand, resumeCommand } from './resume-command.ts'

/** None for a run that failed before its first step. */
export function renderFailedRun(
  failed: FailedEvent,
  folder: string,
  palette: Palette,
  dumped: DumpedEvent | undefined = undefined,
): string[] {
  const { step, kept, saving } = failed
  const second =
    saving === undefined
      ? []
      : [
          `${palette.error(saving.code === 'bug' ? 'error' : `error[${saving.code}]`)}: the state after step ${formatCount(step)} could not be saved: ${saving.reason}`,
          ...(saving.hint === undefined ? [] : [`${palette.accent('help')}: ${saving.hint}`]),
        ]
  if (step === 0 && kept === undefined) return second
  if (kept === undefined) return [...second, `${palette.accent('kept')}: nothing of ${plural(step, 'step')}`]
  const lost = step - kept.step
  const where = `the state after step ${formatCount(kept.step)} in ${kept.path}`
  return [
    ...second,
    `${palette.accent('kept')}: ${where}${lost > 0 ? `; ${plural(lost, 'later step')} will be repeated` : ''}`,
    `${palette.accent('next')}: ${resumeCommand(folder)}`,
    ...(dumped === undefined ? [] : [`${palette.accent('look')}: ${replayCommand(dumped.path)}`]),
  ]
}
