/** The text that marks a run as an emulation: at its start, in its folder and at its end. */
export function emulationText(emulates: string): string {
  return `emulates ${emulates} on virtual devices of this computer's CPU`
}
