/** ARC2xxx: modules and names. */
import { diagnosticsOf, type Message, type Params } from '../../grammar/diagnostic.ts'

function error<P extends Params>(text: (params: P) => string): Message<P> {
  return { severity: 'error', text }
}
function warning<P extends Params>(text: (params: P) => string): Message<P> {
  return { severity: 'warning', text }
}

const nameMessages = {
  ARC2001: error<{ module: string }>(({ module }) => `there is no module \`${module}\``),
  ARC2002: error<{ module: string; name: string }>(({ module, name }) => `module \`${module}\` has no \`${name}\``),
  ARC2003: error<{ name: string }>(({ name }) => `\`${name}\` is declared twice`),
  ARC2004: error<{ name: string; module: string }>(
    ({ name, module }) => `\`${name}\` is declared here and also imported from \`${module}\``,
  ),
  ARC2005: error<{ chain: readonly string[] }>(
    ({ chain }) => `modules import each other in a cycle: ${chain.join(' → ')}`,
  ),
  ARC2006: error<{ name: string }>(({ name }) => `\`${name}\` is not defined here`),
  ARC2087: error<{ name: string }>(({ name }) => `\`${name}\` is read before its \`let\``),
  ARC2007: warning<{ name: string }>(({ name }) => `\`${name}\` is never used`),
  ARC2008: error<{ name: string; first: string; second: string }>(
    ({ name, first, second }) => `\`${name}\` is imported from both \`${first}\` and \`${second}\``,
  ),
  ARC2009: error<{ name: string }>(({ name }) => `there is no type \`${name}\``),
  ARC2010: error<{ name: string }>(({ name }) => `the definition of \`${name}\` refers to itself`),
  ARC2011: error<{ keyword: string; name: string }>(({ keyword, name }) => `there is no ${keyword} \`${name}\``),
  ARC2012: error<{ chain: readonly string[] }>(
    ({ chain }) => `objects extend each other in a cycle: ${chain.join(' → ')}`,
  ),
  ARC2013: error<{ path: string }>(({ path }) => `there is no file \`${path}\``),
  ARC2014: error<{ name: string; modules: readonly string[] }>(
    ({ name, modules }) =>
      `\`${name}\` is ambiguous: it is declared in ${modules.map((module) => `\`${module}\``).join(' and ')}`,
  ),
  ARC2085: warning<{ name: string; first: string; second: string }>(
    ({ name, first, second }) => `both \`${first}\` and \`${second}\` have \`${name}\``,
  ),
  ARC2086: warning<{ name: string; module: string }>(
    ({ name, module }) => `\`${name}\` hides the one of \`${module}\``,
  ),
  ARC2088: warning<{ name: string }>(({ name }) => `this \`${name}\` hides the parameter \`${name}\``),
  ARC2015: error<{ path: string }>(({ path }) => `\`${path}\` is not an .arc file`),
}

export const nameDiagnostic = diagnosticsOf(nameMessages)
