/**
 * Selects the formulation of each convolution and each of its gradients. On CUDA, cuDNN chooses, so nearly everything is a plain
 * convolution. On the CPU, XLA's own convolution is slow for some shapes; `bench/convolutions.ts` measures the alternatives.
 */
import type { ConvKind } from '../ir/op-family.ts'
import type { ConvGeometry } from './conv-geometry.ts'
import type { Platform } from './emitter.ts'
import { platformForms } from './platform-forms.ts'

/**
 * - `plain`: one stablehlo.convolution.
 * - `dot`: a 1×1 window as a matrix product, after selecting every stride-th pixel.
 * - `lanes`: few channels per group: a sum over window places of shifted images times one coefficient per channel.
 * - `whole`: a depthwise window as large as the image: one product, one reduction.
 * - `blocks`: few channels per group: a dense convolution with zeros between groups.
 */
export type ForwardForm = 'plain' | 'dot' | 'lanes' | 'whole' | 'blocks'

/** `phases`: result pixels that see the same window places form one stride-1 convolution; stride² of them interleave. */
export type InputGradForm = ForwardForm | 'phases'

/** `tiles`: a sum over image tiles; `rows`: a matrix product per window row. */
export type FilterGradForm = ForwardForm | 'tiles' | 'rows'

/** With more channels per group, the lanes' quadratic work is slower than XLA's loop. */
const maxLanesPerGroup = 8
/**
 * cuDNN transposes the images around its kernels for groups of few channels: on an H100, 64 groups of two channels took 4.5 ms
 * where one dense convolution takes 0.4. Nothing else was measured; with more channels than this, the multiplications by zero are
 * assumed to cost as much as they save.
 */
const maxBlockWidth = 8
const maxDense = 512
/** With fewer input channels, a matrix product per window row is faster than XLA's convolution. */
const fewChannels = 8
/**
 * From this number of input channels on, images of at most `smallSide`, or strided ones, are also faster with a product per
 * window row.
 */
const manyChannels = 128
const smallSide = 14
/** XLA computes a filter gradient as a convolution whose window is the image; windows larger than this are split into tiles. */
const maxTile = 28
/** Images of this size or larger are faster with tiles. */
const minTiled = 112

const isPointwise = (g: ConvGeometry): boolean =>
  g.groups === 1 && g.window.every((k) => k === 1) && g.padding.flat().every((p) => p === 0)

/** Only the plain formulation knows windows with gaps. */
const isDilated = (g: ConvGeometry): boolean => g.dilation.some((d) => d > 1)

const isDepthwise = (g: ConvGeometry): boolean => g.groups === g.channels && g.features === g.channels

const isWhole = (g: ConvGeometry): boolean =>
  isDepthwise(g) &&
  g.result.every((n) => n === 1) &&
  g.window.every((k, i) => k === g.image[i]) &&
  g.padding.flat().every((p) => p === 0)

const isLanes = (g: ConvGeometry): boolean =>
  g.groups > 1 && g.features === g.channels && g.channels / g.groups <= maxLanesPerGroup

/** cuDNN has dedicated kernels for depthwise convolutions. */
const isBlocks = (g: ConvGeometry): boolean =>
  g.groups > 1 && !isDepthwise(g) && g.channels <= maxDense && g.channels / g.groups <= maxBlockWidth

/** The formulation of y. */
export function forwardForm(platform: Platform, g: ConvGeometry): ForwardForm {
  if (isDilated(g)) return 'plain'
  if (isWhole(g)) return 'whole'
  switch (platform) {
    case 'cuda':
      return isBlocks(g) ? 'blocks' : 'plain'
    case 'cpu':
      if (isPointwise(g)) return 'dot'
      return isLanes(g) ? 'lanes' : 'plain'
  }
}

/** The formulation of dx. */
export function inputGradForm(platform: Platform, g: ConvGeometry): InputGradForm {
  const form = forwardForm(platform, g)
  if (!platformForms[platform].formsGradients || form !== 'plain' || isDilated(g)) return form
  return g.groups === 1 && g.stride.some((s) => s > 1) ? 'phases' : 'plain'
}

/** The formulation of dw. */
export function filterGradForm(platform: Platform, g: ConvGeometry): FilterGradForm {
  const form = forwardForm(platform, g)
  if (!platformForms[platform].formsGradients || form !== 'plain' || g.groups > 1 || isDilated(g)) return form
  if (g.channels < fewChannels) return 'rows'
  const strided = g.stride.some((s) => s > 1)
  if (g.channels >= manyChannels && (strided || Math.max(...g.result) <= smallSide)) return 'rows'
  return tileCount(g) > 1 && !strided ? 'tiles' : 'plain'
}

/** The formulation of a convolution or of one of its gradients. */
export function convForm(
  platform: Platform,
  kind: ConvKind,
  g: ConvGeometry,
): ForwardForm | InputGradForm | FilterGradForm {
  switch (kind) {
    case 'conv2d':
      return forwardForm(platform, g)
    case 'conv2d_input_grad':
      return inputGradForm(platform, g)
    case 'conv2d_filter_grad':
      return filterGradForm(platform, g)
  }
}

/** The number of tiles along each side of the result. */
export function tileCount(g: ConvGeometry): number {
  const side = Math.max(...g.result)
  return side < minTiled ? 1 : Math.ceil(side / maxTile)
}
