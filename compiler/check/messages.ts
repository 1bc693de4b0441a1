/** ARC3xxx: types, units, calls and fields. 30xx values, 31xx calls and functions, 32xx objects and their fields. */
import { diagnosticsOf, type Message, type Params } from '../../grammar/diagnostic.ts'
import { quoteList } from './show-type.ts'

function error<P extends Params = Record<never, never>>(text: (params: P) => string): Message<P> {
  return { severity: 'error', text }
}

function warning<P extends Params>(text: (params: P) => string): Message<P> {
  return { severity: 'warning', text }
}

/** `place` ends with its verb (`` `train.batch` takes ``, "the result of `target` must be"); it is empty if the place has no name. */
type Mismatch = {
  readonly place: string
  readonly expected: string
  readonly found: string
}

const wants = ({ place, expected, found }: Mismatch): string =>
  place === '' ? `expected ${expected}, found ${found}` : `${place} ${expected}, not ${found}`

const checkMessages = {
  ARC3001: error<Mismatch>(wants),
  ARC3002: error<{ place: string; expected: string }>(({ place, expected }) =>
    place === ''
      ? `expected ${expected}, found a number without a unit`
      : `${place} ${expected}, but this number has no unit`,
  ),
  ARC3003: error<Mismatch>(wants),
  ARC3004: error<Mismatch>(wants),
  ARC3005: error<{ what: string; noun: string }>(
    ({ what, noun }) =>
      `${what === '' ? 'this' : what} must be known before the run, but this ${noun} is only known on the device`,
  ),
  ARC3006: error<{ text: string; unit: string }>(({ unit }) => `there is no unit \`${unit}\``),
  ARC3007: error<{ name: string; what: string }>(({ name, what }) => `\`${name}\` is not a ${what}`),
  ARC3008: error<{ doing: string }>(({ doing }) => `cannot ${doing}`),
  ARC3009: error<{ operator: string; wanted: string; found: string }>(
    ({ operator, wanted, found }) => `\`${operator}\` takes ${wanted}, not ${found}`,
  ),
  ARC3010: error<{ what: string; first: string; second: string }>(
    ({ what, first, second }) => `${what}: ${first} here, ${second} there`,
  ),
  ARC3011: error<{ type: string; name: string }>(({ type, name }) => `${type} has no \`${name}\``),
  ARC3012: error<{ found: string }>(({ found }) => `only a list can be indexed, not ${found}`),
  ARC3013: error<{ found: string }>(({ found }) => `\`for\` iterates over a list or a range, not ${found}`),
  ARC3014: error<{ name: string }>(({ name }) => `the experiment \`${name}\` cannot be used as a value`),
  ARC3015: error<{ found: string }>(({ found }) => `${found} cannot be inserted into a string`),
  ARC3016: error<{ name: string }>(({ name }) => `the field \`${name}\` is specified twice`),
  ARC3017: error<{ value: number }>(({ value }) => `a batch size must be a whole number of samples, not ${value}`),

  ARC3101: error<{ found: string }>(({ found }) => `${found} cannot be called`),
  ARC3102: error<{ callee: string; names: readonly string[] }>(
    ({ callee, names }) => `the call of \`${callee}\` is missing ${quoteList(names)}`,
  ),
  ARC3103: error<{ callee: string; name: string }>(({ callee, name }) => `\`${callee}\` has no parameter \`${name}\``),
  ARC3104: error<{ name: string }>(({ name }) => `the argument \`${name}\` is passed twice`),
  ARC3105: error<{ callee: string; most: number }>(({ callee, most }) =>
    most === 0
      ? `\`${callee}\` takes no arguments`
      : `\`${callee}\` takes at most ${most} argument${most === 1 ? '' : 's'}`,
  ),
  ARC3106: error<Record<never, never>>(() => 'positional arguments must come before named ones'),
  ARC3108: error<{ name: string }>(({ name }) => `the parameter \`${name}\` needs a type`),
  ARC3109: error<{ name: string }>(({ name }) => `\`${name}\` calls itself, and recursion is not allowed`),
  ARC3110: error<{ callee: string }>(
    ({ callee }) => `\`as\` names the parameters of a block, but \`${callee}\` has no parameters to name`,
  ),
  ARC3111: error<{ type: string; wanted: string; found: number }>(
    ({ type, wanted, found }) => `\`${type}\` takes ${wanted}, not ${found}`,
  ),
  ARC3112: error<{ name: string }>(({ name }) => `the block \`${name}\` needs a tensor as its first parameter`),
  ARC3113: error<{ name: string; problem: string }>(({ name, problem }) => `the backbone \`${name}\` ${problem}`),
  ARC3114: error<{ name: string }>(({ name }) => `the method \`${name}\` must be called`),
  ARC3115: error<{ callee: string; first: string; second: string }>(
    ({ callee, first, second }) => `the arguments \`${first}\` and \`${second}\` of \`${callee}\` are swapped`,
  ),
  ARC3117: error<{ outer: string; inner: string }>(
    ({ outer, inner }) => `\`${outer}\` takes what stands before it, so it follows \`${inner}\``,
  ),
  ARC3116: error<{ text: string }>(({ text }) => `\`${text}\` is two arguments: numbers have a decimal point`),
  ARC3151: error<{ method: string; name: string }>(
    ({ method, name }) => `\`${method}\` uses \`${name}\` without naming it among what it reads`,
  ),
  ARC3150: error<{ method: string; position: string; name: string }>(
    ({ method, position, name }) => `\`${method}\` receives \`${name}\` here as its \`${position}\``,
  ),
  ARC3165: error<{ name: string; place: string; reason: string }>(
    ({ name, place, reason }) => `\`${name}\` cannot be ${place}: ${reason}`,
  ),

  ARC3185: error<{ name: string }>(({ name }) => `\`${name}\` is not one of arcc's primitive operations`),

  ARC3201: error<{ owner: string; name: string; what: string }>(
    ({ owner, name, what }) => `${owner} has no ${what} \`${name}\``,
  ),
  ARC3202: error<{ name: string; section: string }>(({ name, section }) => `\`${name}\` belongs to ${section}`),
  ARC3203: error<{ path: string }>(({ path }) => `\`${path}\` is set twice`),
  ARC3204: error<{ owner: string; names: readonly string[] }>(
    ({ owner, names }) => `${quoteList(names)} ${names.length === 1 ? 'is' : 'are'} missing in ${owner}`,
  ),
  ARC3205: error<{ name: string }>(({ name }) => `\`${name}\` is a section, not a field`),
  ARC3206: error<{ name: string }>(({ name }) => `\`${name}\` is a field, not a section`),
  ARC3207: error<{ owner: string; method: string; name: string }>(
    ({ owner, method, name }) => `\`${method}\` of the ${owner} cannot read \`${name}\``,
  ),
  ARC3208: error<{ owner: string; name: string }>(({ owner, name }) => `${owner} has no method \`${name}\``),
  ARC3209: error<{ names: readonly string[] }>(({ names }) => `the update does not return ${quoteList(names)}`),
  ARC3210: error<{ name: string; kept: string }>(
    ({ name, kept }) => `the update returns \`${name}\`, which is ${kept} a state`,
  ),
  ARC3211: error<{ owners: string; keyword: string }>(({ owners, keyword }) => `only ${owners}, not ${keyword}`),
  ARC3212: error<{ found: string }>(
    ({ found }) => `a requirement must compare one figure of the plan or the run with a bound, not ${found}`,
  ),
  ARC3213: error<{ name: string }>(({ name }) => `\`${name}\` is not a figure of the plan or the run`),
  ARC3214: error<{ name: string }>(({ name }) => `the experiment \`${name}\` cannot take parameters`),
  ARC3215: error<{ path: string }>(({ path }) => `\`${path}\` is not an object, so it has no fields to set`),
  ARC3286: error<{ outer: string; name: string }>(
    ({ outer, name }) => `\`${name}\` of \`${outer}\` is set where that object is made, not from outside`,
  ),
  ARC3216: error<{ name: string; keyword: string; wanted: string }>(
    ({ name, keyword, wanted }) => `\`${name}\` is ${keyword}, not ${wanted}`,
  ),
  ARC3217: error<{ what: string; section: string }>(
    ({ what, section }) => `${what} is not allowed in the section \`${section}\``,
  ),
  ARC3218: error<{ names: readonly string[]; section: string }>(
    ({ names, section }) => `${quoteList(names)} belong to ${section}`,
  ),
  ARC3219: error<{ name: string }>(({ name }) => `\`${name}\` is a method, not a field`),
  ARC3250: error<{ method: string; name: string }>(
    ({ method, name }) => `\`${name}\` is a value that \`${method}\` reads, so it cannot have a default`,
  ),
  ARC3252: error<{ name: string }>(
    ({ name }) => `the state \`${name}\` never changes: the margin has no \`update(…) = { ${name} = … }\``,
  ),
  ARC3253: error<{ margin: string }>(
    ({ margin }) => `the margin \`${margin}\` has no state that \`update\` could change`,
  ),
  ARC3251: error<{ name: string; method: string }>(
    ({ name, method }) => `a state cannot be named \`${name}\`, which is a value that \`${method}\` can read`,
  ),

  ARC3275: error<{ name: string; section: string }>(
    ({ name, section }) => `\`${name}\` is shared entries of \`${section}\``,
  ),
  ARC3276: error<{ name: string; path: string }>(
    ({ name, path }) =>
      `a shared section must come before the entries that change it: \`${path}\` precedes \`${name} = …\``,
  ),
  ARC3289: error<{ path: string; inner: string }>(
    ({ path, inner }) => `\`${path} = …\` replaces all of it, so \`${inner}\` above has no effect`,
  ),
  ARC3290: warning<{ schedule: string }>(
    ({ schedule }) => `the factor of \`${schedule}\` never changes: it does not read \`step\``,
  ),
  ARC3291: warning<{ name: string }>(
    ({ name }) => `the loop never reads \`${name}\`, which it carries, so only its last iteration counts`,
  ),
  ARC3292: warning<{ name: string; what: string }>(
    ({ name, what }) => `\`"${name}"\` in quotes is the path of a file, but \`${name}\` is the name of a ${what}`,
  ),
  ARC3293: warning<{ variable: string }>(
    ({ variable }) => `\`${variable}\` is not replaced in a string, as a shell would`,
  ),
  ARC3277: error<{ name: string }>(({ name }) => `\`${name}\` is not a section of an experiment`),
  ARC3287: warning<{ section: string }>(({ section }) => `the section \`${section}\` is empty, so it has no effect`),
  ARC3288: error(() => 'this test expects nothing, so it cannot fail'),
  ARC3285: warning<{ optimizer: string }>(
    ({ optimizer }) =>
      `the update of \`${optimizer}\` does not read \`rate\`, so learning rates and schedules have no effect`,
  ),
}

export const checkDiagnostic = diagnosticsOf(checkMessages)
