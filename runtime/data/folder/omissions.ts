/** What is left out while a folder is listed, counted by kind, in the words of the run's header. */
import type { LeftOut } from '../collection.ts'

/** What one and several things of a kind are called. `named`: up to three are named instead of counted. */
const kinds = {
  person: { one: '1 folder without pictures', many: 'folders without pictures', named: '' },
  'other file': { one: '1 file that is not a picture', many: 'files that are not pictures', named: undefined },
  'beside people': { one: '1 picture in no folder', many: 'pictures in no folder', named: undefined },
  loop: { one: '', many: 'links that lead back to a folder above them', named: ' (a link back to a folder above it)' },
  'repeated link': {
    one: '',
    many: 'links to folders that are already read',
    named: ' (a link to a folder already read)',
  },
  'dead link': { one: '', many: 'links that lead nowhere', named: ' (a link that leads nowhere)' },
  special: { one: '', many: 'pipes, sockets and devices', named: ' (a pipe, a socket or a device)' },
  'picture folder': { one: '', many: 'empty folders named like pictures', named: ' (a folder)' },
  system: { one: '', many: 'folders of the system', named: ' (a folder of the system)' },
  name: { one: '', many: 'files whose names are not UTF-8', named: ' (its name is not UTF-8)' },
} as const satisfies Record<string, { one: string; many: string; named: string | undefined }>

export type LeftOutKind = keyof typeof kinds

/** More are counted, but not named. */
const EXAMPLES = 3

export interface Omissions {
  /** Notes one path. */
  add(kind: LeftOutKind, path: string): void
  /** How many of a kind there are. */
  count(kind: LeftOutKind): number
  /** Everything noted; `shown` shortens a path. */
  list(shown: (path: string) => string): LeftOut[]
}

export function createOmissions(): Omissions {
  const found = new Map<LeftOutKind, { count: number; readonly examples: string[] }>()
  return {
    add(kind, path) {
      const known = found.get(kind) ?? { count: 0, examples: [] }
      found.set(kind, known)
      known.count++
      if (known.examples.length < EXAMPLES) known.examples.push(path)
    },
    count: (kind) => found.get(kind)?.count ?? 0,
    list: (shown) =>
      (Object.keys(kinds) as LeftOutKind[]).flatMap((kind) => {
        const of = found.get(kind)
        if (of === undefined) return []
        const examples = of.examples.map(shown)
        const { one, many, named } = kinds[kind]
        if (named !== undefined && of.count <= EXAMPLES) {
          return [{ what: examples.map((path) => `${path}${named}`).join(', '), count: of.count, examples }]
        }
        return [{ what: of.count === 1 ? one : `${of.count} ${many}`, count: of.count, examples }]
      }),
  }
}
