/** Addresses of a rendezvous, `HOST:PORT`. */
import { isIP, isIPv6 } from 'node:net'
import type { NetworkAddress } from '../../compiler/plan/plan.ts'
import { peerErrors } from './store/messages.ts'

const form = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:[\]/\s]+)):(?<port>\d{1,5})$/

/** Addresses that stand for all of a computer, and name none that others could reach. */
const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Parses `HOST:PORT`, `[IPV6]:PORT`; `source` is where it was written. Throws ARC6865. */
export function parseAddress(text: string, source: string): NetworkAddress {
  const refuse = (reason: string) => peerErrors('ARC6865', { source, text, reason })
  const groups = form.exec(text.trim())?.groups
  const host = groups?.v6 ?? groups?.host
  if (groups === undefined || host === undefined) throw refuse('it is not HOST:PORT')
  if (groups.v6 !== undefined && !isIPv6(groups.v6)) throw refuse(`${groups.v6} is not an IPv6 address`)
  if (/^[\d.]+$/.test(host) && isIP(host) === 0) throw refuse(`${host} is not an IP address`)
  if (wildcards.has(host))
    throw refuse(`${host} is no address that others can reach; name one of the computer of rank 0`)
  const port = Number(groups.port)
  if (port === 0 || port > 65_535) throw refuse(`a port is from 1 to 65535, not ${groups.port}`)
  return { host, port }
}

export function showAddress({ host, port }: NetworkAddress): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether only this computer reaches a host. Other names than `localhost` may be anywhere. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
