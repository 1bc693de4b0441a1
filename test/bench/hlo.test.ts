/** The counts of `npm run bench:hlo`, on artificial programs in XLA's form. */
import { describe, expect, it } from 'vitest'
import { judge } from '../../bench/hlo/bars.ts'
import { readModule } from '../../bench/hlo/module.ts'
import { type GroupedKernel, type Summary, summarize, totalBytes, totalRuns } from '../../bench/hlo/summary.ts'
import { figureTable, kernelTable } from '../../bench/hlo/tables.ts'

/** A program of one fused computation and the lines of its entry. */
function program(entry: string, computations = ''): string {
  return `HloModule step, is_scheduled=true, entry_computation_layout={(f32[8]{0})->f32[8]{0}}
${computations}
ENTRY %main.1 (x: f32[1024]) -> f32[1024] {
${entry}
}
`
}

function summaryOf(entry: string, computations?: string): Summary {
  return summarize(readModule(program(entry, computations)))
}

describe('bytes of a kernel', () => {
  it.each<[string, number, string, string]>([
    [
      'operands once, results once',
      3 * 4096,
      `  %x = f32[1024]{0} parameter(0)
  %y = f32[1024]{0} parameter(1)
  ROOT %add.1 = f32[1024]{0} fusion(%x, %y), kind=kLoop, calls=%fused`,
      `%fused (p: f32[1024], q: f32[1024]) -> f32[1024] {
  %p = f32[1024]{0} parameter(0)
  %q = f32[1024]{0} parameter(1)
  ROOT %a = f32[1024]{0} add(%p, %q)
}`,
    ],
    [
      'of a slice only the slice',
      256 + 256,
      `  %x = f32[1024]{0} parameter(0)
  ROOT %slice_fusion = f32[64]{0} fusion(%x), kind=kLoop, calls=%fused`,
      `%fused (p: f32[1024]) -> f32[64] {
  %p = f32[1024]{0} parameter(0)
  %b = f32[16,64]{1,0} bitcast(%p)
  %s = f32[1,64]{1,0} slice(%b), slice={[2:3], [0:64]}
  ROOT %n = f32[64]{0} bitcast(%s)
}`,
    ],
    [
      'all of it if it is read in addition to the slice',
      4096 + 4,
      `  %x = f32[1024]{0} parameter(0)
  ROOT %f = f32[] fusion(%x), kind=kLoop, calls=%fused`,
      `%fused (p: f32[1024]) -> f32[] {
  %p = f32[1024]{0} parameter(0)
  %s = f32[1]{0} slice(%p), slice={[2:3]}
  %b = f32[] bitcast(%s)
  ROOT %r = f32[] reduce(%p, %b), dimensions={0}, to_apply=%sum
}`,
    ],
    [
      'of an update in place only the update',
      256 + 4 + 256,
      `  %x = f32[1024]{0} parameter(0)
  %u = f32[64]{0} parameter(1)
  %i = s32[] parameter(2)
  ROOT %f = f32[1024]{0} fusion(%x, %u, %i), kind=kLoop, calls=%fused`,
      `%fused (p: f32[1024], u: f32[64], i: s32[]) -> f32[1024] {
  %p = f32[1024]{0} parameter(0)
  %u.1 = f32[64]{0} parameter(1)
  %i.1 = s32[] parameter(2)
  ROOT %d = f32[1024]{0} dynamic-update-slice(%p, %u.1, %i.1)
}`,
    ],
    [
      'one element of a tuple, and a library without its workspace',
      3 * 2048,
      `  %x = (f16[1024]{0}, /*index=1*/f32[8]{0:S(5)}) parameter(0)
  %y = f16[1024]{0} parameter(1)
  ROOT %call = (f16[1024]{0}, s8[4194304]{0}) custom-call(%x#0, %y), custom_call_target="__cublas$lt$matmul"`,
      '',
    ],
    [
      'nothing for other names of the same bytes',
      8192,
      `  %x = (f32[1024]{0}, f32[8]{0}) parameter(0)
  %e = f32[1024]{0} get-tuple-element(%x), index=0
  %b = f32[32,32]{1,0} bitcast(%e)
  ROOT %copy.3 = f32[32,32]{0,1} copy(%b)`,
      '',
    ],
  ])('%s', (_, bytes, entry, computations) => {
    const { kernels } = summaryOf(entry, computations)
    expect(totalRuns(kernels)).toBe(1)
    expect(totalBytes(kernels)).toBe(bytes)
  })

  it('a loop counts as often as it turns', () => {
    const { kernels } = summaryOf(
      `  %x = (f32[1024]{0}) parameter(0)
  ROOT %while.1 = (f32[1024]{0}) while(%x), condition=%cond, body=%body, backend_config={"known_trip_count":{"n":"3"},"x":1}`,
      `%body (s: (f32[1024])) -> (f32[1024]) {
  %s = (f32[1024]{0}) parameter(0)
  %e = f32[1024]{0} get-tuple-element(%s), index=0
  %c = f32[1024]{0} copy(%e)
  ROOT %t = (f32[1024]{0}) tuple(%c)
}

%cond (s: (f32[1024])) -> pred[] {
  %s.1 = (f32[1024]{0}) parameter(0)
  ROOT %p = pred[] constant(true)
}`,
    )
    expect(totalRuns(kernels)).toBe(3)
    expect(totalBytes(kernels)).toBe(3 * 8192)
  })
})

/**
 * A forward convolution, the gradient of its filter, and XLA's ops around them; three sums over devices. The filter w is HWIO, as the
 * images are NHWC.
 */
const training = program(
  `  %images = f16[128,56,56,16]{3,2,1,0} parameter(0)
  %w = f32[3,3,16,32]{3,2,1,0} parameter(1)
  %v = f32[32,3,3,16]{3,2,1,0} parameter(2)
  %turned.1 = f16[32,3,3,16]{3,2,1,0} fusion(%w), kind=kInput, calls=%turn, metadata={op_name="layer1.0.conv1"}
  %narrow = f16[32,3,3,16]{3,2,1,0} fusion(%v), kind=kLoop, calls=%narrowing, metadata={op_name="layer1.1.conv1"}
  %cudnn-conv.1 = (f16[128,56,56,32]{3,2,1,0}, u8[99]{0}) custom-call(%images, %turned.1), custom_call_target="__cudnn$convForward", metadata={op_name="layer1.0.conv1"}
  %act.1 = f16[128,56,56,32]{3,2,1,0} fusion(%cudnn-conv.1#0), kind=kLoop, calls=%relu, metadata={op_name="layer1.0.act"}
  %act.2 = f16[128,56,56,32]{3,2,1,0} fusion(%act.1), kind=kLoop, calls=%relu, metadata={op_name="layer1.1.act"}
  %cudnn-conv-bw-filter.1 = (f16[32,3,3,16]{3,2,1,0}, u8[0]{0}) custom-call(%images, %act.2), custom_call_target="__cudnn$convBackwardFilter"
  %wide.1 = f32[32,3,3,16]{3,2,1,0} fusion(%cudnn-conv-bw-filter.1#0), kind=kLoop, calls=%widening
  %all-reduce-start.1 = ((f32[32,3,3,16]{3,2,1,0}), f32[32,3,3,16]{3,2,1,0}) async-start(%wide.1), calls=%async, metadata={op_name="gradients of the backbone"}
  %wrapped_concatenate = f32[9216]{0} fusion(%cudnn-conv-bw-filter.1#0, %cudnn-conv-bw-filter.1#0), kind=kLoop, calls=%gathering
  %copy.1 = f32[3,3,16,32]{3,2,1,0} copy(%w)
  %all-reduce-done.1 = f32[32,3,3,16]{3,2,1,0} async-done(%all-reduce-start.1)
  %all-reduce.2 = f32[32,3,3,16]{3,2,1,0} all-reduce(%all-reduce-done.1), to_apply=%sum, metadata={op_name="gradients of the backbone"}
  ROOT %all-reduce.3 = f32[] all-reduce(%loss), to_apply=%sum, metadata={op_name="loss"}
  %loss = f32[] parameter(3)`,
  `%turn (p: f32[3,3,16,32]) -> f16[32,3,3,16] {
  %p = f32[3,3,16,32]{3,2,1,0} parameter(0)
  %c = f16[3,3,16,32]{3,2,1,0} convert(%p)
  ROOT %t = f16[32,3,3,16]{3,2,1,0} transpose(%c), dimensions={3,0,1,2}
}

%narrowing (p.1: f32[32,3,3,16]) -> f16[32,3,3,16] {
  %p.1 = f32[32,3,3,16]{3,2,1,0} parameter(0)
  ROOT %c.1 = f16[32,3,3,16]{3,2,1,0} convert(%p.1)
}

%widening (p.2: f16[32,3,3,16]) -> f32[32,3,3,16] {
  %p.2 = f16[32,3,3,16]{3,2,1,0} parameter(0)
  ROOT %c.2 = f32[32,3,3,16]{3,2,1,0} convert(%p.2)
}

%gathering (p.5: f16[32,3,3,16], q.5: f16[32,3,3,16]) -> f32[9216] {
  %p.5 = f16[32,3,3,16]{3,2,1,0} parameter(0)
  %q.5 = f16[32,3,3,16]{3,2,1,0} parameter(1)
  %c.5 = f32[32,3,3,16]{3,2,1,0} convert(%p.5)
  %d.5 = f32[32,3,3,16]{3,2,1,0} convert(%q.5)
  %b.5 = f32[4608]{0} bitcast(%c.5)
  %e.5 = f32[4608]{0} bitcast(%d.5)
  ROOT %j.5 = f32[9216]{0} concatenate(%b.5, %e.5), dimensions={0}
}

%relu (p.3: f16[128,56,56,32]) -> f16[128,56,56,32] {
  %p.3 = f16[128,56,56,32]{3,2,1,0} parameter(0)
  ROOT %m = f16[128,56,56,32]{3,2,1,0} maximum(%p.3, %p.3)
}

%async (p.4: f32[32,3,3,16]) -> f32[32,3,3,16] {
  %p.4 = f32[32,3,3,16]{3,2,1,0} parameter(0)
  ROOT %all-reduce.1 = f32[32,3,3,16]{3,2,1,0} all-reduce(%p.4), to_apply=%sum
}`,
)

describe('a training step', () => {
  const summary = summarize(readModule(training))
  const kernel = (name: string): GroupedKernel | undefined =>
    summary.kernels.find(({ instruction }) => instruction.name === name)

  it.each([
    ['turned.1', 'filter', 'transpose'],
    ['narrow', 'filter', 'to 16 bits'],
    ['cudnn-conv.1', 'convolution', undefined],
    ['act.1', 'activation', undefined],
    ['wide.1', 'filter', 'conversion'],
    ['wrapped_concatenate', 'filter', 'gathering'],
    ['copy.1', 'filter', 'copy'],
    ['all-reduce.2', 'collective', undefined],
  ])('%s is of the group %s (%s)', (name, group, filterMove) => {
    expect(kernel(name)).toMatchObject({ group })
    expect(kernel(name)?.filterMove).toBe(filterMove)
  })

  it('sums over devices overlap with other kernels, or block', () => {
    expect(summary.allReduces.map(({ name, between }) => [name, between])).toEqual([
      ['all-reduce-start.1', 2],
      ['all-reduce.2', undefined],
      ['all-reduce.3', undefined],
    ])
  })

  it('is held to its bars', () => {
    const bytes = 2 * 2 * (128 * 56 * 56 * 32 * 2)
    const at = (elementwise: number, small: number) =>
      judge('tiny', { elementwise, small }, summary).map(({ ok }) => ok)
    expect(at(bytes, 8)).toEqual([true, true, false, false])
    expect(at(bytes - 1, 7)).toEqual([false, false, false, false])
    const better = { ...summary, kernels: [], allReduces: summary.allReduces.slice(0, 1) }
    expect(judge('tiny', { elementwise: 0 }, better).map(({ ok }) => ok)).toEqual([true, true, true])
  })

  it('no sum of gradients keeps no bar', () => {
    expect(judge('tiny', { elementwise: 1e9 }, { ...summary, allReduces: [] }).at(-1)).toMatchObject({
      found: '0 of 0',
      ok: false,
    })
  })

  it('as tables', () => {
    const figures = { name: 'tiny', summary, peak: 3 * 2 ** 20, graphs: 2 }
    const lines = [...figureTable([figures]), '', ...kernelTable(summary.kernels, 'all', 20)]
    expect(lines.join('\n')).toMatchSnapshot()
  })
})
