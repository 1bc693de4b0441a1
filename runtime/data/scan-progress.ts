/** Progress while a data set is listed, which can take minutes for tens of millions of pictures. */

/** Listing is synchronous, as planning is: the watcher is called from within it, a few times a second at most. */
export interface ScanWatcher {
  /** The listing of the data set at `root` begins. */
  begin(root: string): void
  show(progress: ScanProgress): void
  /** The data set is listed, or cannot be. */
  end(): void
}

/** How far one phase of a listing is. */
export interface ScanProgress {
  /** What is being done, with the path: `reading the labels of /sets/faces/train.rec`. */
  readonly what: string
  readonly done: number
  /** If it is known. */
  readonly total: number | undefined
  /** Since the phase began. */
  readonly seconds: number
}

/** Items between two looks at the clock: few, since on a slow disk each takes milliseconds. */
const ITEMS = 2 ** 5
const MILLISECONDS = 200

/** Counts items of one phase for a watcher. */
export interface ScanCount {
  /** One more item is done. */
  add(): void
}

export function scanCount(watcher: ScanWatcher | undefined, what: string, total?: number): ScanCount {
  if (watcher === undefined) return { add: () => undefined }
  let done = 0
  const began = performance.now()
  let shown = began
  return {
    add() {
      if (++done % ITEMS !== 0) return
      const now = performance.now()
      if (now - shown < MILLISECONDS) return
      shown = now
      watcher.show({ what, done, total, seconds: (now - began) / 1000 })
    },
  }
}
