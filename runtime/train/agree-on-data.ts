/** Whether all nodes have the same data, and go on from the same checkpoint. */
import type { Manifest } from '../checkpoint/manifest.ts'
import { hashOfTexts } from '../data/inspect/collection-hash.ts'
import { pictureFacts, setFacts } from '../evaluate/set-facts.ts'
import { agree, type Facts } from '../peers/agree.ts'
import type { Peers } from '../peers/peers.ts'
import type { RunData } from './open-data.ts'

/** Digits of a checkpoint's digest that are compared. */
const digits = 16

type Kept = Pick<Manifest, 'step' | 'digest'>

/** Compares what each node has opened; where it lies may differ. Throws ARC6855 at every node if there is a difference. */
export async function agreeOnData(
  peers: Peers,
  run: string,
  data: RunData,
  checkpoint: Kept | undefined,
): Promise<void> {
  if (peers.nodes === 1) return
  await agree(peers, `${run}/data`, dataFacts(data, checkpoint), 'the data')
}

/** What has to be alike, by the words in which a difference is told. */
export function dataFacts({ train, people, sets }: RunData, checkpoint: Kept | undefined): Facts {
  const { select } = train
  return {
    ...pictureFacts(train, 'list' in select ? [select.list] : []),
    'the number of verification sets': String(sets.length),
    'the checkpoint to resume': checkpoint === undefined ? 'none' : shownCheckpoint(checkpoint),
    'the hash of the names of classes': people === undefined ? 'none' : hashOfTexts(people),
    ...Object.fromEntries(
      sets.flatMap(({ name, pairs, templates }) => Object.entries(setFacts(name, pairs, templates))),
    ),
  }
}

/** Its manifest's digest covers the hashes of its files. */
function shownCheckpoint({ step, digest }: Kept): string {
  return `step ${step} (${digest.slice(0, digits)})`
}
