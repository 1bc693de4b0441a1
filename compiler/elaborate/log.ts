/** Resolves the section `log`: addresses of the logs outside the run folder. */
import { type Context, fail } from '../evaluate/context.ts'
import type { LogSpec, NetworkAddress } from '../experiment/experiment.ts'
import { experimentBody } from '../schema/experiment.ts'
import type { ExperimentFields } from './fields.ts'
import { readSection } from './read.ts'

/** Only this computer can connect to it. */
const ownComputer = '127.0.0.1'

const largestPort = 65_535

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= largestPort
}

/** `9400` or `"0.0.0.0:9400"`; an IPv6 address is in brackets. */
function readAddress(value: number | string): NetworkAddress | undefined {
  if (typeof value === 'number') return isPort(value) ? { host: ownComputer, port: value } : undefined
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(value) ?? []
  const host = bracketed ?? plain
  // The global `URL` of Node and browsers knows which addresses there are.
  const isAddress = URL.canParse(`http://${bracketed === undefined ? plain : `[${bracketed}]`}:1`)
  return host !== undefined && isAddress && isPort(Number(digits)) ? { host, port: Number(digits) } : undefined
}

/** What is wrong with the address of a server; `undefined` if it can be used. */
function faultOf(text: string): string | undefined {
  if (!URL.canParse(text)) return 'it is not a URL'
  const { protocol, username, password, search, hash } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return 'it does not begin with `http://` or `https://`'
  if (username !== '' || password !== '')
    return 'it contains a user name or a password, which logs and plans would show'
  return search !== '' || hash !== '' ? 'it has a query or a fragment' : undefined
}

/** A URL for a message, without what may be secret: what comes before an `@`, and a query. */
function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, (rest) => `${rest.charAt(0)}…`).replace(/^([a-z]+:\/\/)?.*@/is, '$1…@')
}

export function resolveLog(fields: ExperimentFields, context: Context): LogSpec {
  const { prometheus, ...log } = readSection(experimentBody.sections.log, fields.within('log'))
  const url = log.mlflow?.pending === undefined ? log.mlflow?.path : undefined
  const fault = url === undefined ? undefined : faultOf(url)
  if (fault !== undefined)
    fail(context, 'ARC4260', { url: withoutSecrets(url ?? ''), fault }, fields.span('log.mlflow'), {
      isSecret: true,
      notes: [
        'for example: mlflow = "http://127.0.0.1:5000"',
        'credentials are read from MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD',
      ],
    })
  if (prometheus === undefined) return { ...log, prometheus }
  const address = readAddress(prometheus)
  if (address === undefined)
    return fail(context, 'ARC4261', { found: `${prometheus}` }, fields.span('log.prometheus'), {
      notes: ['9400 is reachable from this computer only, "0.0.0.0:9400" from others as well'],
    })
  return { ...log, prometheus: address }
}
