/** ARC5xxx: messages that need the finished plan. */
import { diagnosticsOf, type Message, type Params } from '../../grammar/diagnostic.ts'

const error = <P extends Params>(text: (params: P) => string): Message<P> => ({ severity: 'error', text })
const warning = <P extends Params>(text: (params: P) => string): Message<P> => ({ severity: 'warning', text })

const planMessages = {
  ARC5001: error(
    (p: { dataset: string; root: string }) => `the number of identities in \`${p.dataset}\` is unknown: ${p.root}`,
  ),
  ARC5002: error(
    (p: { batch: number; images: number }) =>
      `a batch of ${p.batch} images exceeds the ${p.images} images of the data set`,
  ),
  ARC5003: error(
    (p: { quantity: string; required: string; planned: string }) =>
      `the planned ${p.quantity} is ${p.planned}, but ${p.required} is required`,
  ),
  ARC5004: warning(
    (p: { peak: string; capacity: string; device: string }) =>
      `the plan does not fit in memory: it needs ${p.peak}, and \`${p.device}\` has ${p.capacity}`,
  ),
  ARC5005: error(
    (p: { declared: string; found: string; root: string }) =>
      `${p.declared} are declared, but \`${p.root}\` has ${p.found}`,
  ),
  ARC5006: error(
    (p: { classes: number; replicas: number }) => `${p.classes} classes cannot be split over ${p.replicas} devices`,
  ),
  ARC5007: error(
    (p: { path: string }) =>
      `${p.path === '' ? 'batch normalization' : `the batch normalization \`${p.path}\``} has a single value per channel, so its output is always zero`,
  ),
  ARC5008: error((p: { fault: string }) => p.fault),
  ARC5009: warning(
    (p: { batch: number; classes: number }) =>
      `\`centers.sample_rate\` saves nothing: the ${p.batch} images of a step can have all ${p.classes} classes of a device`,
  ),
  ARC5011: warning(
    (p: { path: string; interval: string; steps: number }) =>
      `\`${p.path}\` is ${p.interval}, but the run ends after ${p.steps} steps`,
  ),
  ARC5010: error(
    (p: { what: 'same' | 'different'; asked: number; most: number }) =>
      `the held-out people have too few pictures for ${p.asked} ${p.what} pairs: at most ${p.most} are possible`,
  ),
}

export const planDiagnostic = diagnosticsOf(planMessages)
