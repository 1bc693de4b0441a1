/**
 * `npm run bench:memory -- [--check] [--json] [--no-exact]`: memory and speed of arcface_torch's speed benchmark on eight V100s
 * of 32 GB: published, by arcc's ledger and time model, and by XLA's own compiler; then the number of identities that fit.
 * `--check` exits with code 1 if a bound is exceeded. The first time, XLA compiles about sixty steps, ten to thirty seconds each.
 */
import { renderTable } from '../cli/render/table.ts'
import { identitiesToBeat, judgeCells } from './scaling-bars.ts'
import {
  batches,
  type Cell,
  type Column,
  exactBytes,
  planCell,
  planCells,
  publishedSource,
  reserve,
} from './scaling-cells.ts'
import type { Verdict } from './verdict.ts'

const titles: { readonly [C in Column]: string } = {
  data_parallel: 'Data parallel: every device has all centers',
  full_softmax: 'Full softmax: each device has its part of the centers',
  partial_fc: 'Partial FC: a tenth of the centers in each step',
}

const gigabytes = (bytes: number | undefined) => (bytes === undefined ? '' : (bytes / 1e9).toFixed(2))
const whole = (value: number) => Math.round(value).toLocaleString('en-US')

function cellRow({ identities, published, planned }: Cell): string[] {
  const memory = batches.flatMap((batch) => [gigabytes(planned[batch].ledger), gigabytes(planned[batch].exact)])
  const speed = batches.flatMap((batch) => [whole(planned[batch].imagesPerSecond), planned[batch].bound])
  const exact = planned[64].exact ?? planned[64].ledger
  const share = published === undefined ? '' : `${Math.round((100 * exact) / published.memory)} %`
  return [
    whole(identities),
    published === undefined ? '-' : gigabytes(published.memory),
    ...memory.slice(0, 2),
    share,
    ...memory.slice(2),
    published === undefined ? '-' : whole(published.imagesPerSecond),
    ...speed,
  ]
}

function cellTable(cells: readonly Cell[]): string[] {
  const right = { align: 'right' } as const
  const column = (title: string) => ({ title, ...right })
  const memory = (batch: number) => [column(`ledger ${batch}`), column(`XLA ${batch}`)]
  const speed = (batch: number) => [column(`img/s ${batch}`), { title: 'bound by' }]
  return renderTable(
    [
      column('identities'),
      column('published'),
      ...memory(64),
      column('used'),
      ...memory(128),
      column('published'),
      ...speed(64),
      ...speed(128),
    ],
    cells.map(cellRow),
  )
}

interface Most {
  readonly state: string
  readonly bytesPerWeight: number
  readonly identities: number
  readonly ledger: number
  readonly exact: number | undefined
}

const storages = [
  { state: 'f32 centers, f32 momentum', settings: [], bytesPerWeight: 8 },
  { state: 'bf16 centers, bf16 momentum', settings: ['centers.weights=bf16', 'centers.state=bf16'], bytesPerWeight: 4 },
  {
    state: 'bf16 centers, 8-bit momentum',
    settings: ['centers.weights=bf16', 'centers.state=int8'],
    bytesPerWeight: 3,
  },
] as const

const million = 1e6

/**
 * The maximum number of identities, in millions, for which a step at rate 0.1 and batch 64 fits; XLA's figure takes precedence
 * over the ledger.
 */
async function mostIdentities(
  { state, settings, bytesPerWeight }: (typeof storages)[number],
  exact: boolean,
): Promise<Most> {
  const plan = (millions: number) =>
    planCell('partial_fc', [`dataset.identities=${millions * million}`, 'train.recompute=blocks', ...settings])
  const memoryOf = (millions: number) => plan(millions).document.memory
  let [fits, tooMany] = [1, 1024]
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2)
    if (memoryOf(middle).fits) fits = middle
    else tooMany = middle
  }
  const { capacity } = memoryOf(fits)
  let bytes = exact ? await exactBytes(plan(fits)) : undefined
  while (bytes !== undefined && bytes > capacity && fits > 1) bytes = await exactBytes(plan(--fits))
  return { state, bytesPerWeight, identities: fits * million, ledger: memoryOf(fits).peak, exact: bytes }
}

function mostTable(all: readonly Most[]): string[] {
  const right = { align: 'right' } as const
  return renderTable(
    [
      { title: 'state of the centers' },
      { title: 'bytes a weight', ...right },
      { title: 'identities', ...right },
      { title: 'ledger', ...right },
      { title: 'XLA', ...right },
    ],
    all.map((most) => [
      most.state,
      String(most.bytesPerWeight),
      whole(most.identities),
      gigabytes(most.ledger),
      gigabytes(most.exact),
    ]),
  )
}

function judgeMost(all: readonly Most[]): Verdict {
  const most = all.reduce((a, b) => (b.identities > a.identities ? b : a))
  return {
    what: `more than ${identitiesToBeat / million} M identities with the smallest state`,
    found: `${most.identities / million} M`,
    ok: most.identities > identitiesToBeat,
  }
}

async function main(): Promise<void> {
  const args = new Set(process.argv.slice(2))
  const exact = !args.has('--no-exact')
  if (!exact && args.has('--check'))
    throw new Error("--check holds XLA's figures to their bars; --no-exact leaves them out")
  const report = (what: string) => void process.stderr.write(`${what}\n`)
  const cells = await planCells(exact, report)
  const most: Most[] = []
  for (const storage of storages) {
    report(`most identities with ${storage.state}`)
    most.push(await mostIdentities(storage, exact))
  }
  const verdicts = [...(exact ? judgeCells(cells) : []), judgeMost(most)]
  const missed = verdicts.filter(({ ok }) => !ok)
  if (args.has('--json')) {
    process.stdout.write(
      `${JSON.stringify({ source: publishedSource, reserve, cells, most, verdicts }, undefined, 2)}\n`,
    )
  } else {
    const lines = [
      `Memory in GB, with ${reserve / 1e9} GB for CUDA, NCCL and cuDNN; published figures: ${publishedSource}`,
      ...Object.entries(titles).flatMap(([column, title]) => [
        '',
        title,
        ...cellTable(cells.filter((cell) => cell.column === column)),
      ]),
      '',
      'The most identities at rate 0.1 and batch 64, blocks recomputed (PLSC: 92 M with 4 bytes a weight)',
      ...mostTable(most),
      '',
      ...missed.map(({ what, found }) => `MISSED ${what}: ${found}`),
      `${verdicts.length - missed.length} of ${verdicts.length} bars kept`,
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
  }
  process.exitCode = args.has('--check') && missed.length > 0 ? 1 : 0
}

await main()
