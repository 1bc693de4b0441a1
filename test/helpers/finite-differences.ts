/**
 * Checks `gradient` against central differences in f64: the loss is the sum over replicas and float outputs of <w, f(x)> with
 * random w; x moves along random directions, on all replicas at once. So the check covers the convention of `vjp-control.ts`.
 */

import { GraphBuilder } from '../../compiler/ir/build.ts'
import { elementCount, isFloat } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { gradient } from '../../compiler/ir/vjp.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import { hostTensor, numbersOf } from './host-tensor.ts'
import { type OpCase, randomOf } from './op-case.ts'
import type { OpenOn, Tensors } from './run-graph.ts'
import { addWide, widenGraph, widenType } from './widen.ts'

const step = 1e-5
const directions = 2

export interface DirectionalDerivative {
  readonly differences: number
  readonly gradient: number
}

/** The derivatives of a case's loss along random directions, by differences and by `gradient`. */
export async function directionalDerivatives(opCase: OpCase, open: OpenOn): Promise<DirectionalDerivative[]> {
  const narrow = opCase.graph()
  const inputs = opCase.inputs.map((own) => own.map(widenTensor))
  const forward = await open(widenGraph(narrow))
  const backward = await open(gradientGraph(narrow, opCase.differentiable))
  try {
    const weights = floatOutputs(narrow).map((i) => need(narrow.outputs[i], 'an output').value.type)
    const w = inputs.map((_, replica) =>
      weights.map((t, i) => randomTensor(`${opCase.name} w ${i} ${replica}`, t.shape)),
    )
    const gradients = await backward.run(inputs.map((own, replica) => [...own, ...need(w[replica], 'weights')]))
    const loss = async (at: Tensors) => {
      const outputs = (await forward.run(at)).map((own) => floatOutputs(narrow).map((i) => need(own[i], 'an output')))
      return innerProduct(outputs, w)
    }
    const found: DirectionalDerivative[] = []
    for (let i = 0; i < directions; i++) {
      const d = inputs.map((own, replica) =>
        opCase.differentiable.map((k) =>
          randomTensor(`${opCase.name} d ${i} ${k} ${replica}`, need(own[k], 'x').shape),
        ),
      )
      const ahead = await loss(moved(inputs, d, opCase.differentiable, step))
      const behind = await loss(moved(inputs, d, opCase.differentiable, -step))
      found.push({ differences: (ahead - behind) / (2 * step), gradient: innerProduct(gradients, d) })
    }
    return found
  } finally {
    forward.close()
    backward.close()
  }
}

/** Inputs, then the cotangents of the float outputs → the gradients of the differentiable inputs. */
function gradientGraph(graph: Graph, differentiable: readonly number[]): Graph {
  const b = new GraphBuilder('gradient', graph.replicas)
  const inputs = graph.inputs.map((input, i) => b.input(`x${i}`, widenType(input.type)))
  const seeded = floatOutputs(graph)
  const w = seeded.map((i) => b.input(`w${i}`, widenType(need(graph.outputs[i], 'an output').value.type)))
  const outputs = addWide(b, graph, inputs)
  const wrt = differentiable.map((k) => need(inputs[k], 'an input'))
  const seeds = seeded.map((i, j) => ({ value: need(outputs[i], 'an output'), cotangent: need(w[j], 'a weight') }))
  const found = gradient(b, seeds, wrt)
  return b.finish(found.map((g, i) => ({ name: `g${i}`, value: g ?? ops.splat(b, 0, need(wrt[i], 'an input').type) })))
}

function floatOutputs(graph: Graph): number[] {
  return graph.outputs.flatMap((output, i) => (isFloat(output.value.type.dtype) ? [i] : []))
}

function widenTensor(tensor: HostTensor): HostTensor {
  return hostTensor(widenType(tensor), numbersOf(tensor))
}

/** Uniform in [-1, 1). */
function randomTensor(seed: string, shape: readonly number[]): HostTensor {
  const random = randomOf(seed)
  const numbers = Array.from({ length: elementCount(shape) }, () => 2 * random() - 1)
  return hostTensor({ dtype: 'f64', shape }, numbers)
}

function moved(inputs: Tensors, direction: Tensors, moving: readonly number[], by: number): Tensors {
  return inputs.map((own, replica) =>
    own.map((tensor, k) => {
      const at = moving.indexOf(k)
      if (at < 0) return tensor
      const d = numbersOf(need(direction[replica]?.[at], 'a direction'))
      return hostTensor(
        tensor,
        numbersOf(tensor).map((x, i) => x + by * (d[i] ?? Number.NaN)),
      )
    }),
  )
}

function innerProduct(a: Tensors, b: Tensors): number {
  let sum = 0
  a.forEach((own, replica) => {
    own.forEach((tensor, i) => {
      const x = numbersOf(tensor)
      const y = numbersOf(need(b[replica]?.[i], 'a tensor'))
      if (x.length !== y.length) bug(`${x.length} elements where ${y.length} are`)
      x.forEach((value, k) => {
        sum += value * (y[k] ?? Number.NaN)
      })
    })
  })
  return sum
}
