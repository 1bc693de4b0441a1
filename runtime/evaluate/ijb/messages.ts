/** Errors in sets in IJB's layout, ARC6341 to ARC6349. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'

export const ijbErrors = errorsOf({
  ARC6341: {
    text: (p) =>
      p.faults.length === 1
        ? `${p.root} cannot be used as ${p.set}: ${p.faults[0]}`
        : [`${p.root} cannot be used as ${p.set}:`, ...p.faults.map((fault) => `- ${fault}`)].join('\n'),
    hint: (p) =>
      `expected: loose_crop/ with the pictures, and in meta/ the files ${p.subset}_face_tid_mid.txt, ${p.subset}_template_pair_label.txt and ${p.subset}_name_5pts_score.txt, as insightface distributes them`,
  } satisfies ErrorMessage<{ root: string; set: string; subset: string; faults: readonly string[] }>,
  ARC6342: {
    text: (p) => `${p.root} has no files of IJB-B or IJB-C: there is neither ${p.first} nor ${p.second}`,
    hint: () => 'name the folder that has the folders meta and loose_crop',
  } satisfies ErrorMessage<{ root: string; first: string; second: string }>,
  ARC6343: {
    text: (p) => `${p.root} has the files of both IJB-B and IJB-C`,
    hint: () => 'choose one with --subset ijbb or --subset ijbc',
  } satisfies ErrorMessage<{ root: string }>,
  ARC6345: {
    text: (p) => `${p.root} has no lists for 1:N identification: there is no ${p.file}`,
    hint: () => 'leave out --identification, or copy the lists of galleries and probes to meta',
  } satisfies ErrorMessage<{ root: string; file: string }>,
})
