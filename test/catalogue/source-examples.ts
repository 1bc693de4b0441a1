/** Example parameters of the errors in lists, tar shards, parquet files and mixes. */
import type { sourceErrors } from '../../runtime/data/sources/messages.ts'
import type { Examples } from './render.ts'

const files = { root: 'shards', ending: '.tar', found: 0, packed: 0, splits: [], seen: [] }

export const sourceExamples: Examples<typeof sourceErrors.catalogue> = {
  ARC6210: [{ file: 'a.parquet', reason: 'its footer claims 4000000000 bytes' }],
  ARC6211: [{ file: 'a.parquet', what: 'its footer is encrypted' }],
  ARC6212: [{ file: 'a.parquet', row: 17 }],
  ARC6213: [{ root: 'data', count: 1, faults: 'a.parquet, row 3: it has no label' }],
  ARC6214: [{ set: 'train.csv' }],
  ARC6215: [{ set: 'a + b', images: 5_000_000_000 }],
  ARC6216: [
    { name: 'ms1mv2', declared: '85742 identities with 5822653 images', found: '85742 identities with 10 images' },
  ],
  ARC6290: [
    { file: 'train.csv', count: 1, lines: 'line 3: the label is empty' },
    { file: 'train.csv', count: 20, lines: 'line 3: the label is empty; and 19 more' },
  ],
  ARC6291: [{ file: 'train.csv', encoding: 'UTF-16' }],
  ARC6292: [{ file: 'train.csv', reason: 'it is empty' }],
  ARC6293: [
    { file: 'train.csv', smallest: 1, largest: 300, missing: 0 },
    { file: 'train.csv', smallest: 0, largest: 300, missing: 17 },
  ],
  ARC6294: [{ root: 'shards', count: 2, faults: 'a.tar: it is cut short; b.tar, 7.cls: the label is empty' }],
  ARC6295: [
    files,
    { ...files, seen: ['a.rec', 'a.idx'] },
    { ...files, packed: 1, seen: ['a.tar.gz'] },
    { ...files, found: 12, splits: ['test', 'train'] },
  ],
  ARC6296: [{ root: 'a-{x}.tar', reason: '{x} is neither a range such as {000..099} nor a choice such as {a,b}' }],
  ARC6297: [
    { root: 'shards', label: '', seen: 'members ending in .jpg, .txt' },
    { root: 'shards', label: 'id', seen: 'no files' },
  ],
  ARC6298: [{ file: 'a.tar', at: 512, length: 100, end: 600 }],
  ARC6419: [{ file: 'train.csv' }],
  ARC6299: [
    {
      file: 'train.csv',
      root: 'faces',
      missing: 12,
      checked: 400,
      examples: ['a.jpg', 'b.jpg', 'c.jpg', '…'],
      fix: '',
    },
    {
      file: 'train.csv',
      root: 'faces',
      missing: 400,
      checked: 400,
      examples: ['https://x.org/a.jpg'],
      fix: 'these are URLs: write paths of files, and download the pictures first',
    },
  ],
}
