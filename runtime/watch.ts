/** How work is watched that may hang: a device, a disk, a network. `train/failure/watchdog.ts` does it for runs. */

/** Starts `work` and settles as it does, or never if it hangs. `what` begins a sentence: `step 12`. */
export type Watch = <T>(what: string, work: () => Promise<T>) => Promise<T>

/** Watches nothing. */
export const unwatched: Watch = (_, work) => work()
