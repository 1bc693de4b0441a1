/** Who may import whom: grammar ← compiler ← runtime ← cli, and nothing in circles. `test/architecture.test.ts` checks the same. */

const folders = '^(grammar|compiler|runtime|cli|bench|test|bin)/'
const core = '^node:|^(fs|path|os|child_process|worker_threads)(/|$)'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle has no first file to read.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(#|@tensorflow/tfjs-node)' },
    },
    {
      name: 'grammar-knows-only-itself',
      severity: 'error',
      from: { path: '^grammar/' },
      to: { path: folders, pathNot: '^grammar/' },
    },
    {
      name: 'compiler-knows-grammar',
      severity: 'error',
      from: { path: '^compiler/' },
      to: { path: folders, pathNot: '^(grammar|compiler)/' },
    },
    {
      name: 'graph-knows-no-syntax',
      comment: 'The graph is built, differentiated and verified without the language.',
      severity: 'error',
      from: { path: '^compiler/(ir|stablehlo)/' },
      to: { path: folders, pathNot: '^(compiler/(ir|stablehlo)/|grammar/(source|diagnostic)\\.ts$)' },
    },
    {
      name: 'pure-core',
      comment:
        'Grammar and compiler see the world through compiler/host/host.ts only; the generators are tools, not product.',
      severity: 'error',
      from: { path: '^(grammar|compiler)/', pathNot: '/generate-[^/]+\\.ts$' },
      to: { path: core },
    },
    {
      name: 'runtime-knows-the-plan',
      severity: 'error',
      from: { path: '^runtime/' },
      to: {
        path: folders,
        pathNot:
          '^(runtime/|compiler/(ir|json|plan|stablehlo)/|compiler/host/machine-profile\\.ts$|compiler/experiment/lengths\\.ts$|grammar/(source|diagnostic|suggest)\\.ts$)',
      },
    },
    {
      name: 'nobody-imports-the-outside',
      comment: 'cli is the top of the product; tests and benchmarks stand outside it.',
      severity: 'error',
      from: { path: '^(grammar|compiler|runtime|cli)/' },
      to: { path: '^(test|bench|bin)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
