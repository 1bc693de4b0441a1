/** Requests the next item from `source` while the caller processes the last one. `discard` frees an item that is not consumed. */
export async function* oneAhead<T>(source: AsyncIterable<T>, discard: (item: T) => void): AsyncGenerator<T> {
  const items = source[Symbol.asyncIterator]()
  let ahead = items.next()
  try {
    for (let item = await ahead; item.done !== true; item = await ahead) {
      ahead = items.next()
      // A failure is thrown when its item is requested; until then it must not count as unhandled.
      ahead.catch(() => undefined)
      yield item.value
    }
  } finally {
    const unused = await ahead.catch(() => undefined)
    if (unused !== undefined && unused.done !== true) discard(unused.value)
    await items.return?.()
  }
}
