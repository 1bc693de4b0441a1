/** Nodes that meet, exchange keys and pass barriers: how fast. */
import { formatSeconds } from '../../cli/render/format.ts'
import { renderTable } from '../../cli/render/table.ts'
import type { Command, Done } from './job.ts'
import type { Network } from './network.ts'
import { killAll, leave, startNodes } from './nodes.ts'
import { expect } from './report.ts'

export interface MeetingRow {
  readonly network: string
  readonly nodes: number
  /** Seconds until all have started and met; of the exchanges; of all barriers. */
  readonly met: number
  readonly small: number
  readonly large: number
  readonly barriers: number
}

const keys = 10_000
const small = { keys, bytes: 256 }
const large = { keys: 96, bytes: 2 ** 20 }
const barriers = 100

export async function meetingRow(network: Network, count: number, token: string | undefined): Promise<MeetingRow> {
  const begun = performance.now()
  const port = await network.freePort()
  const ranks = Array.from({ length: count }, (_, rank) => rank)
  const nodes = startNodes(ranks, { network, port, nodes: count, token })
  const slowest = async (command: Command) => {
    const all: readonly Done[] = await Promise.all(nodes.map((node) => node.tell(command)))
    return Math.max(...all.map(({ seconds }) => seconds))
  }
  try {
    await Promise.all(nodes.map(({ joined }) => joined))
    const met = (performance.now() - begun) / 1000
    const row = {
      network: network.name,
      nodes: count,
      met,
      small: await slowest({ do: 'exchange', name: 'small', ...small }),
      large: await slowest({ do: 'exchange', name: 'large', ...large }),
      barriers: await slowest({ do: 'barriers', count: barriers }),
    }
    const ends = await leave(nodes)
    const isRight = ends.every(({ code }) => code === 0)
    const errors = ends.map(({ error }) => error)
    expect(isRight, `${count} nodes meet over ${network.name}, exchange, pass ${barriers} barriers, leave`, errors)
    return row
  } finally {
    await killAll(nodes)
  }
}

/** A share of the keys that each node has; what is left over is not sent. */
const sent = ({ keys: all }: { readonly keys: number }, nodes: number) => Math.floor(all / nodes) * nodes

export function meetingTable(rows: readonly MeetingRow[]): string[] {
  const right = { align: 'right' } as const
  return renderTable(
    [
      { title: 'network' },
      { title: 'nodes', ...right },
      { title: 'started and met', ...right },
      { title: `${keys} keys`, ...right },
      { title: 'keys/s', ...right },
      { title: 'MB/s', ...right },
      { title: '96 of 1 MiB', ...right },
      { title: 'MB/s', ...right },
      { title: 'a barrier', ...right },
    ],
    rows.map((row) => [
      row.network,
      String(row.nodes),
      formatSeconds(row.met),
      formatSeconds(row.small),
      Math.round(sent(small, row.nodes) / row.small).toLocaleString('en-US'),
      ((sent(small, row.nodes) * small.bytes) / row.small / 1e6).toFixed(1),
      formatSeconds(row.large),
      ((sent(large, row.nodes) * large.bytes) / row.large / 1e6).toFixed(0),
      formatSeconds(row.barriers / barriers),
    ]),
  )
}
