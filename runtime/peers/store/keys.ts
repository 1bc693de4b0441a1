/** The keys of a store and those who wait for one, within the limits of memory. */
import { limits } from './protocol.ts'

/** What an entry takes beside its key and its value. */
const entryBytes = 128

/** The largest delay of a timer; anything longer would end at once. */
const longestTimer = 2 ** 31 - 1

/** How a wait ended without what it was for. */
export type WaitedInVain = 'timed out' | 'run over'

/** How a wait ended: with the value, or without. */
export type Waited = { readonly value: Uint8Array } | WaitedInVain

export interface Keys {
  /** Sets a key and answers those who wait for it; false if the store is full or a limit is exceeded. */
  set(key: string, value: Uint8Array): boolean
  tryGet(key: string): Uint8Array | undefined
  /** Calls `done` once: with the value when it is there. Returns what cancels the wait. */
  wait(key: string, timeoutMs: number, done: (waited: Waited) => void): () => void
  delete(key: string): boolean
  /** Ends all waits, those to come too: a key that is there is still given. */
  end(): void
  /** Bytes of all entries. */
  readonly bytes: number
}

/** Calls `late` after a time that may be longer than a timer lasts. */
export function timer(timeoutMs: number, late: () => void): () => void {
  const running = setTimeout(late, Math.min(timeoutMs, longestTimer))
  return () => clearTimeout(running)
}

export function createKeys(): Keys {
  const entries = new Map<string, Uint8Array>()
  const waiting = new Map<string, Set<(waited: Waited) => void>>()
  let bytes = 0
  let isOver = false
  const sizeOf = (key: string, value: Uint8Array) => Buffer.byteLength(key) + value.length + entryBytes
  const remove = (key: string) => {
    const value = entries.get(key)
    if (value === undefined) return false
    bytes -= sizeOf(key, value)
    return entries.delete(key)
  }
  return {
    set(key, value) {
      if (Buffer.byteLength(key) > limits.keyBytes || value.length > limits.valueBytes) return false
      const earlier = entries.get(key)
      const freed = earlier === undefined ? 0 : sizeOf(key, earlier)
      if (bytes - freed + sizeOf(key, value) > limits.storeBytes) return false
      remove(key)
      // A copy: the value is part of a larger buffer, which would stay with it.
      const own = Uint8Array.from(value)
      entries.set(key, own)
      bytes += sizeOf(key, own)
      const those = waiting.get(key)
      waiting.delete(key)
      for (const done of those ?? []) done({ value: own })
      return true
    },
    tryGet: (key) => entries.get(key),
    wait(key, timeoutMs, done) {
      const value = entries.get(key)
      if (value !== undefined || isOver) {
        done(value === undefined ? 'run over' : { value })
        return () => undefined
      }
      const those = waiting.get(key) ?? new Set()
      waiting.set(key, those)
      const forget = () => {
        stop()
        those.delete(finish)
        if (those.size === 0 && waiting.get(key) === those) waiting.delete(key)
      }
      const finish = (waited: Waited) => {
        forget()
        done(waited)
      }
      const stop = timer(timeoutMs, () => finish('timed out'))
      those.add(finish)
      return forget
    },
    delete: remove,
    end() {
      isOver = true
      const all = [...waiting.values()]
      waiting.clear()
      for (const those of all) for (const done of [...those]) done('run over')
    },
    get bytes() {
      return bytes
    },
  }
}
