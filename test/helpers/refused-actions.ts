/** Actions for tests that look at a program's commands and options: none is to be run. */
const refuse = () => Promise.reject(new Error('not to be run'))
export const refusedActions = {
  check: refuse,
  plan: refuse,
  run: refuse,
  replay: refuse,
  dump: refuse,
  doctor: refuse,
  install: refuse,
  test: refuse,
  data: refuse,
  checkpoint: refuse,
  eval: refuse,
  embed: refuse,
  compare: refuse,
  report: refuse,
  runs: refuse,
  export: refuse,
}
