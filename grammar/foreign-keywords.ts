/** Words that other languages and trainers have for a keyword: `def` for `fn`, `model` for `backbone`. */

const foreignKeywords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    def: 'fn',
    func: 'fn',
    function: 'fn',
    fun: 'fn',
    proc: 'fn',
    const: 'let',
    var: 'let',
    val: 'let',
    set: 'let',
    import: 'use',
    from: 'use',
    include: 'use',
    using: 'use',
    require: 'use',
    class: 'block',
    module: 'block',
    layer: 'block',
    model: 'backbone',
    network: 'backbone',
    net: 'backbone',
    loss: 'margin',
    head: 'margin',
    data: 'dataset',
    scheduler: 'schedule',
    gpu: 'device',
    cluster: 'machine',
    server: 'machine',
    train: 'experiment',
    run: 'experiment',
    config: 'experiment',
    job: 'experiment',
  }),
)

/** The keyword that a word in lower case means; fields are named by keywords too. */
export function foreignKeyword(word: string): string | undefined {
  return foreignKeywords.get(word)
}
