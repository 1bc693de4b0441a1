/** A single process: whatever needs all nodes has them at once, and the store is a map in memory. */
import { hostname } from 'node:os'
import type { Peers } from './peers.ts'
import { peerErrors } from './store/messages.ts'

/** Peers of a process that trains without others. No call waits, except for a key that nobody has set. */
export function alone(): Peers {
  const keys = new Map<string, Uint8Array>()
  const waiting = new Map<string, Set<(value: Uint8Array) => void>>()
  return {
    nodes: 1,
    rank: 0,
    names: [hostname()],
    store: undefined,
    decide: async (_name, value, _what, judge) => judge([value]),
    barrier: async () => undefined,
    put: async (key, value) => {
      keys.set(key, value)
      for (const resolve of waiting.get(key) ?? []) resolve(value)
      waiting.delete(key)
    },
    get: (key, timeoutMs) => {
      const value = keys.get(key)
      if (value !== undefined) return Promise.resolve(value)
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          others.delete(take)
          reject(peerErrors('ARC6850', { key, seconds: timeoutMs / 1000 }))
        }, timeoutMs)
        const others = waiting.get(key) ?? new Set()
        const take = (found: Uint8Array) => {
          clearTimeout(timer)
          resolve(found)
        }
        waiting.set(key, others.add(take))
      })
    },
    tryGet: async (key) => keys.get(key),
    delete: async (key) => {
      keys.delete(key)
    },
    lost: new AbortController().signal,
    fail: async () => undefined,
    close: async () => undefined,
  }
}
