/** The token that admits a node to a run: from a file or from a variable, never from the command line, which every user of a computer reads. */
import { readFileSync } from 'node:fs'
import type { NetworkAddress } from '../../compiler/plan/plan.ts'
import type { Environment } from '../environment.ts'
import { reasonOf } from '../system-errors.ts'
import { isLoopback, showAddress } from './address.ts'
import { peerErrors } from './store/messages.ts'

export const tokenVariable = 'ARCC_RUN_TOKEN'

/** In bytes; a HELLO has room for more. */
const shortest = 16
const longest = 256

/**
 * The token of a file, otherwise that of the variable; empty if there is none and only this computer reaches the address. Throws
 * ARC6859 if there is none, ARC6860 if it cannot be used.
 */
export function runToken(file: string | undefined, address: NetworkAddress, env: Environment): string {
  const [text, source] = file === undefined ? [env[tokenVariable], tokenVariable] : [readToken(file), file]
  if (text === undefined) {
    if (isLoopback(address.host)) return ''
    throw peerErrors('ARC6859', { address: showAddress(address) })
  }
  const token = text.trim()
  const size = Buffer.byteLength(token)
  if (size < shortest)
    throw peerErrors('ARC6860', { source, reason: `it has ${size} bytes, and at least ${shortest} are needed` })
  if (size > longest)
    throw peerErrors('ARC6860', { source, reason: `it has ${size} bytes, and at most ${longest} are allowed` })
  return token
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw peerErrors('ARC6860', { source: file, reason: reasonOf(error) }, error)
  }
}
