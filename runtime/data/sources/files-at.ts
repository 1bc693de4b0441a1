/** The files that a `root` names: one file, a folder of them, or a pattern such as `train-{0000..0099}.tar` or `train-*.parquet`. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { dataErrors, reasonOf } from '../messages.ts'
import { naturally } from '../natural-order.ts'
import { sourceErrors } from './messages.ts'

/** Files are numbered in 16 bits. */
const mostFiles = 2 ** 16

/** `ending`: that of the files in a folder, with its point. */
export type FileEnding = '.tar' | '.parquet'

/**
 * The files in natural order; none is opened. Throws ARC6206 if the root cannot be read, ARC6295 if there are no such files, or
 * files that do not belong together: compressed ones, or those of several splits; ARC6296 for a pattern that cannot be used.
 */
export function filesAt(root: string, ending: FileEnding): readonly string[] {
  try {
    if (!existsSync(root) && /[{*]/.test(root)) return matches(root, ending)
    if (!statSync(root).isDirectory()) return [root]
    const names = readdirSync(root).filter((name) => !name.startsWith('.'))
    const found = names.filter((name) => name.toLowerCase().endsWith(ending))
    const packed = names.filter((name) => isPacked(name, ending))
    const splits = splitsOf(found)
    if (found.length === 0 || packed.length > 0 || splits.length > 1) {
      const seen = (packed.length > 0 ? packed : names).sort(naturally)
      throw sourceErrors('ARC6295', {
        root,
        ending,
        found: found.length,
        packed: packed.length,
        splits,
        seen: seen.slice(0, 5),
      })
    }
    return limited(
      root,
      found.sort(naturally).map((name) => join(root, name)),
    )
  } catch (error) {
    if (error instanceof Error && 'errno' in error) {
      throw dataErrors('ARC6206', { file: root, reason: reasonOf(error) }, error)
    }
    throw error
  }
}

/** Whether something is at the root: the file or folder, or a first file of the pattern. What is wrong with it is found later. */
export function areFilesAt(root: string): boolean {
  return existsSync(root) || (/[{*]/.test(root) && existsSync(dirname(root.replace(/[{*].*$/, 'x'))))
}

/** A compressed file: `a.tar.gz`, `a.tgz`, `a.parquet.gz`. */
function isPacked(name: string, ending: FileEnding): boolean {
  return new RegExp(`\\${ending}\\.(gz|zst|bz2|xz)$`, 'i').test(name) || (ending === '.tar' && /\.tgz$/i.test(name))
}

/** The splits (training, test …) that the files of a folder belong to, if there are several: `train-00000-of-00010.parquet`. */
function splitsOf(names: readonly string[]): readonly string[] {
  const splits = names.map((name) =>
    /^(train|test|val|valid|validation|dev|eval)(?![a-z])/i.exec(name)?.[0].toLowerCase(),
  )
  return [...new Set(splits.map((split) => split ?? 'others'))].sort()
}

function limited(root: string, files: readonly string[]): readonly string[] {
  if (files.length <= mostFiles) return files
  throw sourceErrors('ARC6296', { root, reason: `it stands for more than ${mostFiles} files` })
}

/** Braces are expanded as a shell does; stars stand for any text in the name of a file. */
function matches(pattern: string, ending: FileEnding): readonly string[] {
  const files = expandBraces(pattern).flatMap((path) => {
    const [folder, name] = [dirname(path), basename(path)]
    if (folder.includes('*')) {
      throw sourceErrors('ARC6296', {
        root: pattern,
        reason: 'a star can only be in the name of the files, not in that of a folder',
      })
    }
    if (!name.includes('*')) return [path]
    const fits = new RegExp(`^${name.split('*').map(literally).join('.*')}$`)
    const found = readdirSync(folder).filter((entry) => !entry.startsWith('.') && fits.test(entry))
    return found.sort(naturally).map((entry) => join(folder, entry))
  })
  if (files.length === 0) {
    throw sourceErrors('ARC6295', { root: pattern, ending, found: 0, packed: 0, splits: [], seen: [] })
  }
  return limited(pattern, files)
}

const literally = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')

/** `a{0..2}.tar` and `{x,y}.tar`; numbers have zeros in front if an end of their range has. */
function expandBraces(pattern: string): readonly string[] {
  let texts: readonly string[] = ['']
  for (const part of pattern.split(/(\{[^{}]*\})/)) {
    const choices = part.startsWith('{') ? choicesOf(part.slice(1, -1), pattern) : [part]
    if (texts.length * choices.length > mostFiles) {
      throw sourceErrors('ARC6296', { root: pattern, reason: `it stands for more than ${mostFiles} files` })
    }
    texts = texts.flatMap((text) => choices.map((choice) => text + choice))
  }
  return texts
}

function choicesOf(inside: string, pattern: string): readonly string[] {
  const wrong = (reason: string) => sourceErrors('ARC6296', { root: pattern, reason: `{${inside}} ${reason}` })
  const range = /^(\d+)\.\.(\d+)$/.exec(inside)
  if (range === null) {
    if (inside.includes(',')) return inside.split(',')
    throw wrong('is neither a range such as {000..099} nor a choice such as {a,b}')
  }
  const [, from = '', to = ''] = range
  const [first, last] = [Number(from), Number(to)]
  if (first > last || last - first >= mostFiles) throw wrong(`is not a rising range of at most ${mostFiles} numbers`)
  const padded = [from, to].some((text) => text.length > 1 && text.startsWith('0'))
  const width = padded ? Math.max(from.length, to.length) : 0
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i).padStart(width, '0'))
}
