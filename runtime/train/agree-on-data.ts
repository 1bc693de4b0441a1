/** Whether all nodes have the same data, and go on from the same checkpoint. */
import type { Manifest } from '../checkpoint/manifest.ts'
import { hashOfLabels, hashOfPictures, hashOfTexts } from '../data/inspect/collection-hash.ts'
import { agree, type Facts } from '../peers/agree.ts'
import type { Peers } from '../peers/peers.ts'
import type { NamedPairs, RunData } from './open-data.ts'

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
  const { images, classes, recipe, select } = train
  return {
    'the number of images': String(images),
    'the number of classes': String(classes),
    'the number of verification sets': String(sets.length),
    ...Object.fromEntries(sets.flatMap(countsOf)),
    'the checkpoint to resume': checkpoint === undefined ? 'none' : shownCheckpoint(checkpoint),
    'the hash of the labels': hashOfLabels(train),
    'the hash of the names and places of images': hashOfPictures(recipe, 'list' in select ? [select.list] : []),
    'the hash of the names of classes': people === undefined ? 'none' : hashOfTexts(people),
    ...Object.fromEntries(sets.map((set) => [`the hash of \`${set.name}\``, hashOfSet(set)])),
  }
}

function countsOf({ name, pairs }: NamedPairs): readonly (readonly [string, string])[] {
  return [
    [`the number of images of \`${name}\``, String(pairs.images)],
    [`the number of pairs of \`${name}\``, String(pairs.same.length)],
  ]
}

function hashOfSet({ pairs, templates }: NamedPairs): string {
  const own = [pairs.pairs, pairs.same]
  if (templates === undefined) return hashOfPictures(pairs.recipe, own)
  const { template, medium, detector, first, second } = templates
  return hashOfPictures(pairs.recipe, [...own, template, medium, detector, first, second])
}

/** Its manifest's digest covers the hashes of its files. */
function shownCheckpoint({ step, digest }: Kept): string {
  return `step ${step} (${digest.slice(0, digits)})`
}
