/** What `arcc embed` says at the end. */
import type { Embedded } from '../../runtime/embed/embed-request.ts'
import { paragraph } from './fit.ts'
import { formatBytes, formatCount, formatRate, formatSeconds, plural } from './format.ts'
import type { Look } from './look.ts'
import { facts } from './section.ts'

type Finished = Extract<Embedded, { interrupted: false }>

export interface EmbeddedFacts {
  readonly seconds: number
  /** Pictures that this command embedded. */
  readonly fresh: number
  readonly device: string
  readonly labeled: boolean
  /** What the source has besides its pictures; empty if there is nothing else. */
  readonly leftOut: string
}

/** What was written, and which pictures were left out. */
export function embeddedLines(file: string, embedded: Finished, given: EmbeddedFacts, look: Look): string[] {
  const { rows, width, bytes, namesFile, damaged, damage, damagedFile } = embedded
  const { seconds, fresh, device, labeled, leftOut } = given
  const names = [namesFile, ...(labeled ? [] : ['no labels'])]
  return [
    ...paragraph(`${look.palette.good('written')}  ${file}`, look),
    ...facts(
      [
        ['embeddings', [`${formatCount(rows)} × ${formatCount(width)}`, formatBytes(bytes)]],
        ...(namesFile === undefined && labeled ? [] : ([['names', names]] as const)),
        ...(fresh === 0
          ? []
          : ([['speed', [formatRate(fresh / seconds, 'images'), formatSeconds(seconds), device]]] as const)),
        ...(leftOut === '' ? [] : ([['ignored', [leftOut]]] as const)),
      ],
      look,
    ),
    ...(damaged === 0
      ? []
      : paragraph(look.palette.warning(`left out: ${plural(damaged, 'picture')}, listed in ${damagedFile}`), look)),
    ...damage.flatMap(({ name, reason }) => paragraph(`${name}: ${reason}`, look, 2)),
    ...(damaged > damage.length ? [`  and ${formatCount(damaged - damage.length)} more`] : []),
  ]
}
