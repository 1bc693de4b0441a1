/** Flips single bits in the files of a checkpoint, for `bench:kill`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCheckpoint } from '../runtime/checkpoint/open-checkpoint.ts'
import { ArccError } from '../runtime/errors.ts'
import { randomOf } from '../test/helpers/op-case.ts'

/** Flips bits at random places of random files, one at a time; which of them opening the checkpoint did not detect. */
export async function flipBits(checkpoints: string, flips: number, seed: number) {
  const random = randomOf(`flips ${seed}`)
  const folder = join(checkpoints, readdirSync(checkpoints).sort().at(-1) ?? '')
  const names = readdirSync(folder)
  const missed: string[] = []
  for (let flip = 0; flip < flips; flip++) {
    const path = join(folder, names[Math.floor(random() * names.length)] ?? '')
    const intact = readFileSync(path)
    const at = Math.floor(random() * intact.length)
    const bit = Math.floor(random() * 8)
    const damaged = Buffer.from(intact)
    damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << bit), at)
    writeFileSync(path, damaged)
    try {
      await (await openCheckpoint(folder)).close()
      missed.push(`${path}, byte ${at}, bit ${bit}`)
    } catch (error) {
      if (!(error instanceof ArccError)) throw error
    }
    writeFileSync(path, intact)
  }
  await (await openCheckpoint(folder)).close()
  return { detected: flips - missed.length, missed }
}
