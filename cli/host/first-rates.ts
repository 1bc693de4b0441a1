/**
 * The rates of this computer for plans on its CPU where `arcc doctor --write-machine` has not measured them: `arcc plan` and `arcc run`
 * measure it once, and keep the result in the cache folder.
 */
import type { MachineProfile } from '../../compiler/host/machine-profile.ts'
import type { Environment } from '../../runtime/environment.ts'
import { type Measured, measureApart } from '../../runtime/measure/first-measurement.ts'
import { type KeptRates, keepRates, type RatesPlace, ratesPlace, readRates } from '../../runtime/measure/kept-rates.ts'
import { expectedKernels, presentEngine } from '../../runtime/measure/present-engine.ts'
import { reasonOf } from '../../runtime/system-errors.ts'
import { paragraph } from '../render/fit.ts'
import type { Output } from '../render/output.ts'
import type { PlannedCpu } from './host.ts'

/** The environment that leaves kept rates aside as well, for plans that are the same on every computer. */
export function isMeasuringOff(env: Environment): boolean {
  return env.ARCC_MEASURE === 'off'
}

/** Cores that other programs may take meanwhile; beyond that, the computer is measured again. */
const quiet = 0.2
/** A computer that is never quiet is measured this many times; then the quietest measurement stays. */
const mostAttempts = 3

const announcement =
  'measuring this computer, once, so that plans know its speed: 5 to 8 s (--no-measure leaves it out)'

/** Shows a sentence while or after this computer is measured. */
type Note = (text: string) => void

/**
 * Whether a command may measure: `complete` only where the engine is complete, since measuring with a part of it would download the
 * rest.
 */
export type Allowed = 'never' | 'complete' | 'always'

/**
 * The kept rates for the plans of a command, determined when the first plan needs them. Without any, this computer is measured if that
 * is `allowed`. They are `undefined` if it is not, if the engine is not on this computer, or if measuring fails, which a note says.
 */
export function firstRates(
  allowed: Allowed,
  { note, errorLook: look }: Output,
  env: Environment = process.env,
  measured: () => Measured = measureApart,
): () => MachineProfile | undefined {
  let found: { readonly rates: KeptRates | undefined } | undefined
  const say: Note = (text) => note(paragraph(look.palette.quiet(text), look))
  return () => {
    found ??= { rates: ratesOf(env, allowed, measured, say) }
    return found.rates?.profile
  }
}

/** `measured` measures this computer. */
function ratesOf(env: Environment, allowed: Allowed, measured: () => Measured, say: Note): KeptRates | undefined {
  const engine = isMeasuringOff(env) ? undefined : presentEngine(env)
  const place = engine === undefined ? undefined : ratesPlace(engine.identity, env)
  if (engine === undefined || place === undefined) return undefined
  const kept = readRates(place)
  const isFinal = kept !== undefined && (kept.others <= quiet || kept.attempts >= mostAttempts)
  const mayMeasure = allowed === 'always' || (allowed === 'complete' && engine.isComplete)
  return isFinal || !mayMeasure ? kept : measure(place, kept, measured, say)
}

/** Measures and keeps what is better: the new rates, or the `kept` ones. */
function measure(
  place: RatesPlace,
  kept: KeptRates | undefined,
  measured: () => Measured,
  say: Note,
): KeptRates | undefined {
  say(announcement)
  const found = measured()
  if (found.reason !== undefined) {
    say(`this computer could not be measured: ${found.reason}`)
    return kept
  }
  const attempts = (kept?.attempts ?? 0) + 1
  const { others, profile } = kept !== undefined && kept.others < found.others ? kept : found
  const rates = { profile, others, attempts }
  if (others > quiet && attempts < mostAttempts)
    say('other programs kept this computer busy meanwhile; the next plan measures again')
  try {
    keepRates(place, rates)
  } catch (error) {
    say(`the rates of this computer cannot be kept in ${place.path}: ${reasonOf(error)}; the next plan measures again`)
  }
  return rates
}

/** The same with what this computer computes with, for a host. */
export function plannedCpu(allowed: Allowed, output: Output, env: Environment = process.env): PlannedCpu {
  return {
    rates: firstRates(allowed, output, env),
    kernels: () => (isMeasuringOff(env) ? undefined : expectedKernels(env)),
  }
}
