/** What the parts of `npm run bench:nodes-embed` share: a folder with a network and pictures, and what was found. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeNarrowNetwork } from '../../test/helpers/narrow-weights.ts'

export interface Scene {
  /** Has `net.safetensors` and `net.arc`. */
  readonly root: string
  /** Says what was found; `more` only if it is not right. */
  expect(isRight: boolean, text: string, more?: readonly string[]): void
  faults(): number
  close(): void
}

/** The network, for a command that embeds. */
export const networkOf = ({ root }: Scene) => [
  ...[join(root, 'net.safetensors'), '--experiment', join(root, 'net.arc'), '--batch', '8'],
]

export async function openScene(): Promise<Scene> {
  const root = mkdtempSync(join(tmpdir(), 'arcc-nodes-embed-'))
  let faults = 0
  await writeNarrowNetwork(root)
  return {
    root,
    expect(isRight, text, more = []) {
      process.stdout.write(`${isRight ? 'ok   ' : 'FAULT'} ${text}\n`)
      if (isRight) return
      faults++
      for (const line of more) process.stdout.write(`${line}\n`)
    },
    faults: () => faults,
    close: () => rmSync(root, { recursive: true, force: true }),
  }
}
