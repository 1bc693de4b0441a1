/** Finds folders that import each other, directly or indirectly. */
import { dirname } from 'node:path'

export interface Import {
  readonly from: string
  /** A path in the package, or a module's name. */
  readonly to: string
}

/** The folders that each folder imports from. */
function importedFolders(imports: readonly Import[]): ReadonlyMap<string, ReadonlySet<string>> {
  const edges = new Map<string, Set<string>>()
  for (const { from, to } of imports) {
    const [own, other] = [dirname(from), dirname(to)]
    if (own === other) continue
    const targets = edges.get(own) ?? new Set()
    edges.set(own, targets.add(other))
  }
  return edges
}

/** Every folder in a cycle of imports, with the imports that start such a cycle: `a/x.ts → b/y.ts`. */
export function folderCircles(imports: readonly Import[]): readonly string[] {
  const edges = importedFolders(imports)
  const reachedFrom = (folder: string): ReadonlySet<string> => {
    const reached = new Set<string>()
    const open = [folder]
    for (let at = open.pop(); at !== undefined; at = open.pop())
      for (const next of edges.get(at) ?? []) {
        if (reached.has(next)) continue
        reached.add(next)
        open.push(next)
      }
    return reached
  }
  const reach = new Map([...edges.keys()].map((folder) => [folder, reachedFrom(folder)]))
  return imports
    .filter(({ from, to }) => dirname(from) !== dirname(to) && reach.get(dirname(to))?.has(dirname(from)) === true)
    .map(({ from, to }) => `${from} → ${to}`)
}
