/** The progress of embedding the pictures of a set, on a terminal only. */
import { renderProgress } from './bars.ts'
import { factLines } from './fit.ts'
import { formatCount, formatPercent } from './format.ts'
import { liveLine } from './live-line.ts'
import type { Output } from './output.ts'

const barWidth = 24
/** Redrawn at most so often, in milliseconds. */
const interval = 100

export interface SetProgress {
  /** Pictures that were read. */
  add(pictures: number): void
  end(): void
}

export function setProgress({ errorLook: look }: Output, name: string, pictures: number): SetProgress {
  const live = liveLine(process.stderr, look)
  let [done, shown] = [0, 0]
  return {
    add(count) {
      done += count
      const now = performance.now()
      if (live === undefined || (now - shown < interval && done < pictures)) return
      shown = now
      const share = pictures > 0 ? done / pictures : 1
      const bar = renderProgress(share, Math.min(barWidth, look.width - 20), look.unicode)
      const texts = [name, `${bar} ${formatPercent(share)}`, `${formatCount(done)} of ${formatCount(pictures)}`]
      live.show(factLines(texts, look, { gap: '  ', indent: 2 }).join('\n'))
    },
    end: () => live?.end(),
  }
}
