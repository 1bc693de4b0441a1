/**
 * How long the event loop is blocked by what the process does. A timer's delay alone would also count the time in which the thread
 * could run, but another thread or program had its core: on two cores with two decoding threads, that is most of the delay.
 */
import { closeSync, openSync, readSync } from 'node:fs'

/** Milliseconds for which this thread has waited for a core, from Linux's `schedstat`; elsewhere always 0. */
function openWaiting(): { read(): number; close(): void } {
  let file: number
  try {
    // The main thread's number is that of the process.
    file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
  } catch {
    return { read: () => 0, close: () => undefined }
  }
  const text = Buffer.alloc(80)
  return {
    read: () => Number(text.toString('latin1', 0, readSync(file, text, 0, text.length, 0)).split(' ')[1]) / 1e6,
    close: () => closeSync(file),
  }
}

/** Starts to measure; the function that it returns ends that, and returns the longest delay in milliseconds. */
export function watchLoop(): () => number {
  const waiting = openWaiting()
  let longest = 0
  let [last, waited] = [performance.now(), waiting.read()]
  const timer = setInterval(() => {
    const [now, all] = [performance.now(), waiting.read()]
    // The timer's own millisecond is no delay.
    longest = Math.max(longest, now - last - 1 - (all - waited))
    ;[last, waited] = [now, all]
  }, 1)
  return () => {
    clearInterval(timer)
    waiting.close()
    return longest
  }
}
