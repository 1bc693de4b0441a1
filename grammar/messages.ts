/** Messages of the grammar, ARC1xxx: 10xx the lexer, 11xx brackets, 12xx the parser. */
import { diagnosticsOf, type Message, type Params } from './diagnostic.ts'

const error = <P extends Params = Record<never, never>>(text: (params: P) => string): Message<P> => ({
  severity: 'error',
  text,
})

const warning = <P extends Params = Record<never, never>>(text: (params: P) => string): Message<P> => ({
  severity: 'warning',
  text,
})

const withArticle = (word: string): string => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`

const grammarMessages = {
  ARC1001: error<{ text: string }>(
    ({ text }) => `unexpected ${/^`..+`$/su.test(text) ? 'characters' : 'character'} ${text}`,
  ),
  ARC1002: error(() => 'this string is never closed'),
  ARC1003: error<{ quotes: string }>(({ quotes }) => `strings are written in double quotes, not in ${quotes}`),
  ARC1004: error<{ mark: string }>(({ mark }) => `comments start with \`//\`, not \`${mark}\``),
  ARC1005: error<{ found: string; right: string }>(({ found, right }) => `\`${found}\` is written \`${right}\``),
  ARC1006: error(() => 'lines do not end with a semicolon'),
  ARC1007: error<{ text: string }>(({ text }) => `\`${text}\` is not a valid escape sequence`),
  ARC1008: error(() => 'the `{` in this string is never closed'),
  ARC1009: error<{ text: string; reason: string }>(({ text, reason }) => `\`${text}\` is not a number: ${reason}`),
  ARC1010: error(() => 'the `{ }` in this string contains no expression'),
  ARC1011: error(() => 'names cannot be reassigned'),
  ARC1012: warning<{ escapes: readonly string[] }>(
    ({ escapes }) => `this path has ${escapes.join(' and ')}, not backslashes before letters`,
  ),
  ARC1013: warning(() => 'this comment is only a number: if it divides what stands before it, nothing is divided'),
  ARC1014: error<{ what: string }>(({ what }) => `${what} is not code`),
  ARC1085: error<{ prefix: string }>(({ prefix }) => `strings have no prefix such as \`${prefix}\``),

  ARC1101: error<{ open: string }>(({ open }) => `\`${open}\` is never closed`),
  ARC1102: error<{ close: string }>(({ close }) => `unmatched \`${close}\``),
  ARC1103: error<{ open: string; close: string }>(({ open, close }) => `\`${open}\` is closed by \`${close}\``),
  ARC1104: error<{ what: string }>(({ what }) => `expected \`{\` after the head of this ${what}`),
  ARC1105: error(() => 'the line `experiment name {` above these fields is missing'),

  ARC1201: error<{ expected: string; found: string }>(({ expected, found }) => `expected ${expected}, found ${found}`),
  ARC1202: error<{ name: string; what: string }>(({ name, what }) => `expected \`=\` after the ${what} \`${name}\``),
  ARC1203: error<{ what: string; right: string; found: string }>(
    ({ what, right, found }) => `${what} is written with \`${right}\`, not \`${found}\``,
  ),
  ARC1204: error<{ after: string }>(({ after }) => `expected a value after ${after}`),
  ARC1205: error<{ found: string; right: string }>(
    ({ found, right }) => `\`${found}\` is not a value: write \`${right}\``,
  ),
  ARC1206: error<{ found: string }>(({ found }) => `${found} does not start a declaration`),
  ARC1207: error<{ word: string }>(({ word }) => `\`${word}\` is a keyword and cannot be used as a name`),
  ARC1208: error<{ first: string; second: string }>(
    ({ first, second }) => `\`${first}\` and \`${second}\` cannot be combined without parentheses`,
  ),
  ARC1209: error<{ what: string }>(({ what }) => `${what} inside a larger expression needs parentheses`),
  ARC1210: error<{ separators: string; found: string }>(
    ({ separators, found }) => `expected ${separators} before ${found}`,
  ),
  ARC1211: error<{ limit: number }>(({ limit }) => `nested more than ${limit} deep`),
  ARC1212: error<{ limit: number }>(({ limit }) => `an expression can have at most ${limit} operators`),
  ARC1213: error<{ name: string }>(({ name }) => `\`${name}\` is defined without \`let\``),
  ARC1214: error<{ what: string }>(({ what }) => `this ${what} ends without a value`),
  ARC1215: error(() => 'only the last line of a block can be an expression'),
  ARC1216: error<{ keyword: string; name: string }>(({ keyword, name }) => `the ${keyword} \`${name}\` has no body`),
  ARC1217: error<{ name: string }>(({ name }) => `the extern function \`${name}\` cannot have a body`),
  ARC1219: error(() => '`as` names the parameters of a call, but this is not a call'),
  ARC1220: error(() => 'the right side of `|>` must be a function or a call'),
  ARC1221: error(() => 'an `if` has a value, so it needs an `else`'),
  ARC1222: error<{ word: string }>(
    ({ word }) => `${withArticle(word === 'fn' ? 'function' : word)} must be declared at the top level of the file`,
  ),
  ARC1223: error(() => '`%` means percent and must directly follow a number'),
  ARC1224: error<{ word: string; instead: string }>(({ word, instead }) => `there is no \`${word}\`: ${instead}`),
  ARC1225: error(() => 'a test can contain only `let`, `assert` and `expect error`'),
  ARC1226: error<{ name: string }>(({ name }) => `a method name cannot be a path: \`${name}\``),
  ARC1227: error(() => 'a section is written without `:` before its `{`'),
  ARC1228: error(() => 'a file name cannot contain `{ }`'),
  ARC1275: error(() => 'a module with a prefix cannot list names as well'),
  ARC1294: error<{ keyword: string }>(({ keyword }) => `${withArticle(keyword)} does not extend another one`),
  ARC1276: error<{ found: string }>(({ found }) => `\`expect error\` needs the code of an error, not ${found}`),
  ARC1285: error<{ what: string; found: string }>(({ what, found }) => `${what} is written with \`( )\`, not ${found}`),
  ARC1286: error<{ text: string; after: string }>(
    ({ text, after }) => `\`${text}\` does not belong after \`${after}\``,
  ),
  ARC1287: error<{ name: string }>(({ name }) => `the name \`${name}\` is written without quotes`),
  ARC1288: error<{ name: string; sign: string }>(
    ({ name, sign }) => `names have no ${sign === ' ' ? 'spaces' : `\`${sign}\``}: write \`${name}\``,
  ),
  ARC1289: error<{ name: string }>(({ name }) => `a section is written \`${name} { … }\``),
  ARC1290: error<{ name: string }>(({ name }) => `the list \`${name}\` is written in \`[ ]\`, with commas`),
  ARC1291: error<{ first: string; rest: string }>(
    ({ first, rest }) => `the path \`${first}.${rest}\` is written with a \`.\`, not with a space`,
  ),
  ARC1292: error<{ found: string; right: string }>(
    ({ found, right }) => `\`use\` does not take \`${found}\`: write \`${right}\``,
  ),
  ARC1295: error(() => 'quotes inside a string are written `\\"`'),
  ARC1293: error<{ name: string; type: string }>(
    ({ name, type }) => `the type of a parameter follows its name: write \`${name}: ${type}\``,
  ),
} as const

/** Builds a diagnostic of the grammar. */
export const grammarError = diagnosticsOf(grammarMessages)
