/** The shards that a `root` of WebDataset names: an archive, a folder of them, or a pattern such as `train-{0000..0099}.tar`. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { dataErrors, reasonOf } from '../messages.ts'
import { naturally } from '../natural-order.ts'
import { sourceErrors } from '../sources/messages.ts'

/** As many shards as file numbers of 16 bits. */
const mostShards = 2 ** 16

/** Files in their order; none is opened. Throws ARC6206 if the root cannot be read, ARC6295 if there are no shards there. */
export function shardFiles(root: string): readonly string[] {
  if (!existsSync(root) && /\{.*\}/.test(root)) return expandBraces(root)
  try {
    if (!statSync(root).isDirectory()) return [root]
    const names = readdirSync(root).filter((name) => !name.startsWith('.'))
    const shards = names.filter((name) => /\.tar$/i.test(name)).sort(naturally)
    const packed = names.filter((name) => /\.(tgz|tar\.\w+)$/i.test(name))
    if (shards.length === 0 || packed.length > 0) {
      throw sourceErrors('ARC6295', { root, shards: shards.length, packed: packed.length, seen: names.slice(0, 5) })
    }
    return checkCount(
      root,
      shards.map((name) => join(root, name)),
    )
  } catch (error) {
    if (error instanceof Error && 'errno' in error)
      throw dataErrors('ARC6206', { file: root, reason: reasonOf(error) }, error)
    throw error
  }
}

function checkCount(root: string, files: readonly string[]): readonly string[] {
  if (files.length > mostShards) throw sourceErrors('ARC6296', { root, reason: `more than ${mostShards} shards` })
  return files
}

/** `a{0..2}.tar` and `{x,y}.tar` as a shell expands them, with zeros in front if an end of the range has them. */
export function expandBraces(pattern: string): readonly string[] {
  let texts: readonly string[] = ['']
  for (const part of pattern.split(/(\{[^{}]*\})/)) {
    const choices = part.startsWith('{') ? choicesOf(part.slice(1, -1), pattern) : [part]
    if (texts.length * choices.length > mostShards) {
      throw sourceErrors('ARC6296', { root: pattern, reason: `it stands for more than ${mostShards} shards` })
    }
    texts = texts.flatMap((text) => choices.map((choice) => text + choice))
  }
  return texts
}

function choicesOf(inside: string, pattern: string): readonly string[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(inside)
  if (range === null) {
    if (inside.includes(',')) return inside.split(',')
    throw sourceErrors('ARC6296', {
      root: pattern,
      reason: `{${inside}} is neither a range such as {000..099} nor a list such as {a,b}`,
    })
  }
  const [, from = '', to = ''] = range
  const [first, last] = [Number(from), Number(to)]
  if (first > last || last - first >= mostShards) {
    throw sourceErrors('ARC6296', {
      root: pattern,
      reason: `{${inside}} is not a rising range of at most ${mostShards} numbers`,
    })
  }
  const padded = [from, to].some((text) => text.length > 1 && text.startsWith('0'))
  const width = padded ? Math.max(from.length, to.length) : 0
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i).padStart(width, '0'))
}
