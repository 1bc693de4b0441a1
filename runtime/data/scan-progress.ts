/** Progress while a data set is listed, which can take minutes for tens of millions of pictures. */

/** Listing is synchronous, as planning is: the watcher is called from within it, a few times a second at most. */
export interface ScanWatcher {
  /** `what` is being done, such as `reading headers of a.rec`; `done` of `total`, where the total is known. */
  show(what: string, done: number, total?: number): void
  /** The data set is listed, or cannot be. */
  end(): void
}

/** Items between two looks at the clock. */
const ITEMS = 2 ** 12
const MILLISECONDS = 200

/** Counts items of one phase for a watcher. */
export interface ScanCount {
  /** One more item is done. */
  add(): void
}

export function scanCount(watcher: ScanWatcher | undefined, what: string, total?: number): ScanCount {
  if (watcher === undefined) return { add: () => undefined }
  let done = 0
  let shown = performance.now()
  return {
    add() {
      if (++done % ITEMS !== 0) return
      const now = performance.now()
      if (now - shown < MILLISECONDS) return
      shown = now
      watcher.show(what, done, total)
    },
  }
}
