/** What was found, a line for each. */

let faults = 0

export const say = (text: string) => void process.stdout.write(`${text}\n`)

export function expect(isRight: boolean, text: string, details: readonly string[] = []): void {
  say(`${isRight ? 'ok   ' : 'FAULT'} ${text}`)
  if (isRight) return
  faults++
  for (const line of details) say(`      ${line}`)
}

export const faultCount = () => faults
