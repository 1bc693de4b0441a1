/** Types of other languages, and what they are called here. */

const FOREIGN_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    int: [
      'integer',
      'i8',
      'i16',
      'i32',
      'i64',
      'u8',
      'u16',
      'u32',
      'u64',
      'usize',
      'isize',
      'long',
      'short',
      'unsigned',
      'size_t',
    ],
    float: ['f16', 'f32', 'f64', 'float16', 'float32', 'float64', 'double', 'real', 'number', 'decimal'],
    string: ['str', 'text', 'char', 'path'],
    bool: ['boolean'],
    Tensor: ['ndarray', 'array', 'floattensor'],
  }).flatMap(([type, others]) => others.map((other) => [other, type] as const)),
)

/** The type that another language's means. */
export function foreignType(name: string): string | undefined {
  return FOREIGN_TYPES.get(name.toLowerCase())
}
