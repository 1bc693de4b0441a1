/** PJRT events: something that ends later, perhaps with an error. */
import type { PjrtLibrary } from './library.ts'

/** Host memory that a transfer under way reads or writes. */
const held = new Set<readonly [ArrayBufferView]>()

/** So many waits at once: each takes one of koffi's threads and stacks. */
const maxWaits = 16
let waits = 0
const queue: (() => void)[] = []

async function takeTurn(): Promise<void> {
  if (waits >= maxWaits) await new Promise<void>((resolve) => queue.push(resolve))
  else waits += 1
}

function endTurn(): void {
  const next = queue.shift()
  if (next === undefined) waits -= 1
  else next()
}

/**
 * Waits for an event on another thread and frees it. Throws what it ended with. No event (0) is one that has ended.
 * `memory` is kept alive meanwhile.
 */
export async function awaitEvent(library: PjrtLibrary, event: bigint, memory?: ArrayBufferView): Promise<void> {
  if (event === 0n) return
  const hold = memory === undefined ? undefined : ([memory] as const)
  if (hold !== undefined) held.add(hold)
  try {
    if (library.call('PJRT_Event_IsReady', { event }).get('is_ready')) library.call('PJRT_Event_Error', { event })
    else await waitTurn(library, event)
  } finally {
    if (hold !== undefined) held.delete(hold)
    library.call('PJRT_Event_Destroy', { event })
  }
}

async function waitTurn(library: PjrtLibrary, event: bigint): Promise<void> {
  await takeTurn()
  try {
    await library.callAsync('PJRT_Event_Await', { event })
  } finally {
    endTurn()
  }
}

/** Waits for all events, frees them all, then throws the first error. */
export async function awaitEvents(library: PjrtLibrary, events: readonly bigint[]): Promise<void> {
  let failed: { readonly error: unknown } | undefined
  for (const event of events) {
    await awaitEvent(library, event).catch((error: unknown) => {
      failed ??= { error }
    })
  }
  if (failed !== undefined) throw failed.error
}
