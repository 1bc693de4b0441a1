/** Shows how far the listing of a data set is, and afterwards how long a slow one took. */
import type { ScanWatcher } from '../../runtime/data/scan-progress.ts'
import { formatCount, formatPercent, formatSeconds } from './format.ts'
import { liveLine } from './live-line.ts'
import type { Output } from './output.ts'

/** Seconds after which a listing without a live line is noted. */
const SLOW = 5

/** Nothing is shown of a listing that takes a moment; where the terminal has no live line, one line for each slow phase. */
export function scanLine({ errorLook: look, note }: Output): ScanWatcher {
  const live = liveLine(process.stderr, look)
  const { quiet } = look.palette
  const noted = new Set<string>()
  let listed = ''
  let began = 0
  return {
    begin(root) {
      listed = root
      began = performance.now()
      noted.clear()
    },
    show({ what, done, total, seconds }) {
      const share = total === undefined ? '' : ` of ${formatCount(total)} (${formatPercent(done / total)})`
      if (live !== undefined) live.show(quiet(`${what}: ${formatCount(done)}${share}`))
      else if (seconds > SLOW && !noted.has(what)) {
        noted.add(what)
        note([quiet(`${what} …`)])
      }
    },
    end() {
      live?.end()
      const seconds = (performance.now() - began) / 1000
      if (seconds > SLOW) note([quiet(`${listed} listed in ${formatSeconds(seconds)}`)])
    },
  }
}
