/**
 * Opens the weights that a run starts from, and checks all of it before anything is compiled: the tensors of the network, the centers,
 * the class map, the optimizer's state.
 */
import {
  averagedName,
  centersTable,
  isLossScale,
  isOfClasses,
  isOfMargin,
  isOfNetwork,
  type StateTensor,
} from '../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { nearest } from '../../grammar/suggest.ts'
import type { Resumable } from '../checkpoint/newest-intact.ts'
import { type Checkpoint, networkTensors } from '../checkpoint/open-checkpoint.ts'
import { stateDifferences } from '../checkpoint/restore.ts'
import { isOfReplicas } from '../checkpoint/state-source.ts'
import { bf16ToF32 } from '../half.ts'
import { fileShape } from '../state/named-streams.ts'
import { type CenterRows, includedCenters, openCenters, wrongColumns } from './center-rows.ts'
import { type ClassMap, newClasses, readClassMap, sameClasses } from './class-map.ts'
import { startErrors } from './messages.ts'
import { findStateDict, isBelow, type StateDict } from './state-dict.ts'
import { openWeightsSource, type WeightsSource } from './weights-source.ts'

type StartSpec = NonNullable<Plan['run']['startFrom']>

export interface Start {
  readonly spec: StartSpec
  readonly network: StateDict
  /** Missing if there are none, or if none are wanted. */
  readonly centers: CenterRows | undefined
  readonly classes: ClassMap
  /** The checkpoint whose optimizer state is kept. */
  readonly optimizer: Checkpoint | undefined
  /** Newer checkpoints of the runs that it names, which are damaged. */
  readonly damaged: Resumable['damaged']
  /** SHA-256 of the files that are read, by path. */
  readonly files: ReadonlyMap<string, string>
  close(): Promise<void>
}

/** What to close, in the order of opening. */
interface Opened {
  readonly damaged?: Resumable['damaged']
  readonly sha256?: () => Promise<string>
  readonly path: string
  close(): Promise<void>
}

/**
 * `names` are those of the classes of the data set, in order, if it has names. The caller closes the result. Throws ARC676x and ARC677x,
 * ARC670x for damaged checkpoints, ARC640x for damaged safetensors files.
 */
export async function openStart(plan: Plan, names: readonly string[] | undefined): Promise<Start | undefined> {
  const spec = plan.run.startFrom
  if (spec === undefined) return undefined
  const pending = [spec.path, spec.centers, spec.classes].find((path) => path.pending !== undefined)?.pending
  if (pending !== undefined) throw startErrors('ARC6772', { pending })
  const opened: Opened[] = []
  const close = async () => {
    for (const file of opened) await file.close()
  }
  try {
    const source = await openWeightsSource(spec.path.path, spec.keepOptimizer)
    opened.push({
      path: source.file.path,
      sha256: source.file.sha256,
      damaged: source.damaged,
      close: source.close,
    })
    const network = findNetwork(plan, spec, source)
    const centers = spec.freshCenters ? undefined : await findCenters(plan, spec, source, (file) => opened.push(file))
    const classes = await mapClasses(plan, spec, names, centers)
    const optimizer = spec.keepOptimizer ? keptOptimizer(plan, spec, source, classes) : undefined
    const files = new Map<string, string>()
    for (const { path, sha256 } of opened) if (sha256 !== undefined && !files.has(path)) files.set(path, await sha256())
    const damaged = opened.flatMap((file) => file.damaged ?? [])
    return { spec, network, centers, classes, optimizer, damaged, files, close }
  } catch (error) {
    await close()
    throw error
  }
}

function findNetwork(plan: Plan, { except }: StartSpec, { file, checkpoint }: WeightsSource): StateDict {
  const all = plan.state.filter(isOfNetwork).flatMap(({ holds }) => holds)
  const found = [...all.map(({ name }) => name), ...file.dictionaries.flatMap(({ tensors }) => [...tensors.keys()])]
  for (const path of except) {
    if (found.some((name) => isBelow(name, [path]) || name.endsWith(`.${path}`) || name.includes(`.${path}.`))) continue
    const paths = new Set(
      found.flatMap((name) => name.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'))),
    )
    throw startErrors('ARC6771', { path, file: file.path, meant: nearest(path, paths) ?? '' })
  }
  return findStateDict(file.path, file.dictionaries, {
    backbone: plan.document.model.backbone,
    shapes: new Map(all.flatMap((named) => (isBelow(named.name, except) ? [] : [[named.name, fileShape(named)]]))),
    except,
    // A file of arcc may have the centers with the network.
    beside: new Set(checkpoint === undefined ? [centersTable] : []),
  })
}

async function findCenters(
  plan: Plan,
  { centers }: StartSpec,
  source: WeightsSource,
  opened: (file: Opened) => void,
): Promise<CenterRows | undefined> {
  if (centers.path !== '') {
    const other = await openWeightsSource(centers.path, false)
    if (other.checkpoint === undefined) {
      await other.close()
      return openCenters(other.file.path, plan.run, opened)
    }
    opened({ path: other.file.path, damaged: other.damaged, close: other.close })
    return checkpointCenters(other.checkpoint, plan)
  }
  if (source.checkpoint !== undefined) return checkpointCenters(source.checkpoint, plan)
  return includedCenters(source.file) ? openCenters(source.file.path, plan.run, opened) : undefined
}

function checkpointCenters(checkpoint: Checkpoint, { run }: Plan): CenterRows {
  const { path } = checkpoint
  const type = checkpoint.types.get(centersTable)
  const reason = type === undefined ? 'the checkpoint has none' : wrongColumns(type.shape[1], run)
  if (reason !== undefined) throw startErrors('ARC6765', { file: path, reason })
  return {
    from: path,
    classes: need(type?.shape[0], 'classes'),
    async rows(start, count) {
      const { data } = await checkpoint.rows(centersTable, start, count)
      return data instanceof Uint16Array ? bf16ToF32(data) : Float32Array.from(data)
    },
  }
}

async function mapClasses(
  plan: Plan,
  { classes: map }: StartSpec,
  names: readonly string[] | undefined,
  centers: CenterRows | undefined,
): Promise<ClassMap> {
  const { classes } = plan.run
  if (centers === undefined) {
    const reason = 'there are no centers that classes could keep'
    if (map.path !== '') throw startErrors('ARC6769', { field: 'classes', reason })
    return newClasses(classes)
  }
  if (map.path !== '') return readClassMap(map.path, { classes, names, old: centers.classes })
  if (centers.classes !== classes) throw startErrors('ARC6767', { from: centers.from, old: centers.classes, classes })
  return sameClasses(classes)
}

/** Roles that are kept together: factors of a loss scale belong to the gradients of the optimizer, and so does a margin's state. */
export const isOptimizer = ({ role }: StateTensor) =>
  role === 'optimizer' || role === 'centers_optimizer' || role === 'scaler' || role === 'margin'

/** Differences that a message lists. */
const SHOWN = 6

function keptOptimizer(
  plan: Plan,
  spec: StartSpec,
  { file, checkpoint }: WeightsSource,
  { old }: ClassMap,
): Checkpoint {
  const refuse = (reason: string) => startErrors('ARC6773', { file: file.path, reason })
  if (checkpoint === undefined) throw refuse('it is not a checkpoint of arcc')
  if (spec.centers.path !== '') throw refuse('the centers come from elsewhere')
  if (spec.except.length > 0) throw refuse('parts of the network start anew (`except`)')
  if (old.some((from, to) => from !== to)) throw refuse('the classes are not the same')
  const state = plan.state.filter(isOptimizer)
  const weights = new Set(networkTensors(checkpoint).keys())
  const wanted = new Set(state.flatMap(({ holds }) => holds.map(({ name }) => name)))
  // A loss scale that is not needed is nothing that gets lost, and neither is the state of another margin.
  const isElsewhere = (name: string) =>
    name === centersTable ||
    weights.has(averagedName(name)) ||
    isOfReplicas(name) ||
    isLossScale(name) ||
    isOfMargin(name) ||
    isOfClasses(name)
  const types = new Map([...checkpoint.types].filter(([name]) => wanted.has(name) || !isElsewhere(name)))
  const differences = stateDifferences({ state, shards: plan.shards }, types)
  if (differences.length > 0) {
    const more = differences.length > SHOWN ? [`and ${differences.length - SHOWN} more`] : []
    throw refuse([...differences.slice(0, SHOWN), ...more].join('; '))
  }
  return checkpoint
}
