/** Slurm's lists of host names: `node[01-03,7],login`, `r[1-2]n[1-4]` (slurm.schedmd.com/scontrol.html, "show hostnames"). */

/** Names of a list that is taken for one; a longer one is a mistake. */
const mostNames = 100_000

/** The names, in the order of the list; `undefined` if it is not one. */
export function expandNodeList(list: string): readonly string[] | undefined {
  const parts = splitOutside(list.trim())
  if (parts === undefined) return undefined
  const names: string[] = []
  for (const part of parts) {
    const expanded = expandPart(part)
    if (expanded === undefined || names.length + expanded.length > mostNames) return undefined
    names.push(...expanded)
  }
  return names
}

/** Splits at the commas that are not within brackets. */
function splitOutside(list: string): readonly string[] | undefined {
  const parts: string[] = []
  let part = ''
  let depth = 0
  for (const letter of list) {
    if (letter === '[') depth += 1
    if (letter === ']') depth -= 1
    if (depth < 0 || depth > 1) return undefined
    if (letter === ',' && depth === 0) {
      parts.push(part)
      part = ''
    } else part += letter
  }
  return depth === 0 ? [...parts, part] : undefined
}

/** `r[1-2]n[1-4]` → 8 names. */
function expandPart(part: string): readonly string[] | undefined {
  const found = /^([^[\]]*)\[([^[\]]+)\](.*)$/.exec(part)
  if (found === null) return /^[\w.-]+$/.test(part) ? [part] : undefined
  const [, before = '', ranges = '', after = ''] = found
  const rest = after === '' ? [''] : expandPart(after)
  if (rest === undefined) return undefined
  const names: string[] = []
  for (const range of ranges.split(',')) {
    const numbers = expandRange(range)
    if (numbers === undefined || names.length + numbers.length * rest.length > mostNames) return undefined
    for (const number of numbers) for (const end of rest) names.push(`${before}${number}${end}`)
  }
  return names
}

/** `08-11` → 08, 09, 10, 11: as wide as the first. */
function expandRange(range: string): readonly string[] | undefined {
  const found = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(range)
  if (found === null) return undefined
  const [, first = '', last = first] = found
  const count = Number(last) - Number(first) + 1
  if (count < 1 || count > mostNames) return undefined
  return Array.from({ length: count }, (_, i) => String(Number(first) + i).padStart(first.length, '0'))
}
