/** PJRT events: operations that complete later, possibly with an error. */
import type { PjrtLibrary } from './library.ts'

/** Host memory that transfers in flight read or write. */
const held = new Set<readonly ArrayBufferView[]>()

/** Maximum number of concurrent waits: each takes a libuv thread and one of koffi's stacks. */
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
 * Waits for events sequentially on another thread, frees them all, then throws the first error. A zero event counts as completed.
 * `memory` is kept alive meanwhile.
 */
export async function awaitEvents(
  library: PjrtLibrary,
  events: readonly bigint[],
  memory: readonly ArrayBufferView[] = [],
): Promise<void> {
  let failed: { readonly error: unknown } | undefined
  held.add(memory)
  for (const event of events) {
    if (event === 0n) continue
    try {
      if (isReady(library, event)) library.call('PJRT_Event_Error', { event })
      else await waitTurn(library, event)
    } catch (error) {
      failed ??= { error }
    }
    library.call('PJRT_Event_Destroy', { event })
  }
  held.delete(memory)
  if (failed !== undefined) throw failed.error
}

function isReady(library: PjrtLibrary, event: bigint): boolean {
  return library.call('PJRT_Event_IsReady', { event }).get('is_ready')
}

async function waitTurn(library: PjrtLibrary, event: bigint): Promise<void> {
  await takeTurn()
  try {
    await library.callAsync('PJRT_Event_Await', { event })
  } finally {
    endTurn()
  }
}
