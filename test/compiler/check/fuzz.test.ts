import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkBroken, diagnoseText, rendered } from '../../helpers/diagnose.ts'
import { fuzzCount, mutate, seededRandom } from '../../helpers/mutate.ts'

const experiments = join(import.meta.dirname, '../../../experiments')
const samples = readdirSync(experiments)
  .filter((file) => file.endsWith('.arc'))
  .map((file) => readFileSync(join(experiments, file), 'utf8'))

/** Everything that one can declare, small. */
const library = `use std.datasets: synthetic
use std.machines: cpu

let widths: [int] = [4, 8]
fn squash(x: scalar) -> scalar { x / (1 + abs(x)) }

block unit(x: Image, channels: int, stride: int = 1) -> Image {
  let main = x |> conv(channels, stride: stride) as first |> batch_norm |> prelu
  if stride == 1 and x.channels == channels then main + x else main
}

backbone tiny(embedding: int = 8, depth: int = 2) on Image(16, 16, 3) -> Vector(embedding) {
  let last = for i in 0..depth carry x = input { x |> unit(widths[i], stride: 2) as "unit{i}" }
  last |> flatten |> linear(embedding, precise: true)
}

margin soft(m: angle = 20 deg, scale: float = 30, inner: float = 0.1) {
  require m < 1 rad
  let half = m / 2
  target(cos) = if cos > 0 then cos(acos(cos) + half) - inner else squash(cos)
  other(cos) = cos
}

optimizer heavy(lr: float, momentum: float = 0.9) {
  state velocity = 0
  update(weight, gradient, rate, step) {
    let v = momentum * velocity + gradient
    { weight = weight - rate * v, velocity = v }
  }
}

schedule halves(every: duration = 1 epochs) {
  factor(step, total, epoch) = 0.5 ** floor(step / in_steps(every, epoch))
}

experiment base {
  dataset = synthetic(identities: 20, per_identity: 4, holdout: 4)
  backbone = tiny(embedding: 16)
  margin = soft(m: 0.3 rad)
  machine = cpu(devices: 2, memory: 1 GiB)
  centers { placement = shard, sample_rate = 50%, update = dense }
  train { batch = 8 per device, epochs = 2, optimizer = heavy(lr: 0.1), schedule = halves(every: 10 steps), clip = 5 }
  evaluate { sets = [holdout], every = 1 epochs }
  require memory.peak < 1 GiB
}

experiment other extends base { train.batch = 32 global, centers.update = sparse, dataset.seed = 3 }

let recipe = train { batch = 2 * widths[0] global, clip = 3, optimizer = heavy(lr: train.batch / 100) }
margin softer(m: angle = 10 deg) extends soft { inner = 0.2 }
machine mine extends cpu { devices = 2, cores = sum(widths) }

experiment shared extends other {
  let part = centers.sample_rate / 2
  machine = mine, margin = softer
  train = recipe
  train { steps = 3, optimizer.momentum = part }
  sweep { zip { train.seed = [1, 2], centers.std = [part, 0.1] } }
  require run.loss < 5
  require verification.holdout.accuracy > 50%
}

test "sizes" {
  assert tiny.embedding == 8 and widths + [16] == [4, 8, 16] and other.train.batch == 32
  expect error ARC4213 { softer(m: 80 deg) }
}
`

/** A word or a number in the place of another: most such texts parse, and go wrong further on. */
function exchange(text: string, random: () => number): string {
  const words = [...text.matchAll(/[A-Za-z_]\w*|\d[\d.]*/g)]
  const pick = () => words[Math.floor(random() * words.length)]
  const [from, to] = [pick(), pick()]
  if (from === undefined || to === undefined) return text
  return text.slice(0, from.index) + to[0] + text.slice(from.index + from[0].length)
}

const count = fuzzCount(1000)

/** Of this process: other work on the computer must not fail a test. */
const cpuMilliseconds = (): number => process.cpuUsage().user / 1000

test(`${count} mutated files: no crash, none over a second`, { timeout: 240_000 }, () => {
  const random = seededRandom(3)
  const texts = [...samples, library, library, library, library, library]
  const outcomes = { silent: 0, parse: 0, check: 0, evaluate: 0 }
  let slowest = { time: 0, text: '' }
  for (let run = 0; run < count; run++) {
    const text = (run % 3 === 0 ? mutate : exchange)(texts[run % texts.length] ?? '', random)
    const start = cpuMilliseconds()
    const diagnostics = diagnoseText(text)
    const output = rendered(diagnostics)
    if (run % 4 === 0) checkBroken(text)
    const time = cpuMilliseconds() - start
    if (time > slowest.time) slowest = { time, text }
    expect(output.includes('undefined') && !text.includes('undefined'), output).toBe(false)
    const code = diagnostics.find((d) => d.severity === 'error')?.code ?? ''
    outcomes[code === '' ? 'silent' : code < 'ARC2' ? 'parse' : code < 'ARC4' ? 'check' : 'evaluate']++
  }
  expect(slowest.time, slowest.text).toBeLessThan(1000)
  for (const seen of Object.values(outcomes)) expect(seen, JSON.stringify(outcomes)).toBeGreaterThan(0)
})
