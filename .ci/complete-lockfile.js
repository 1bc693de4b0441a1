/**
 * `node .ci/complete-lockfile.js`: adds the optional packages of other platforms that `npm install` omits from the lockfile if the
 * registry does not have them; `npm ci` refuses a lockfile without them. The versions are those that the lockfile requires. Run
 * it after `npm install` has changed the lockfile.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const file = 'package-lock.json'
const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const libcs = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' }

/** `@oxc-parser/binding-linux-arm-musleabihf` runs on linux, arm, musl. */
function platformOf(name) {
  const words = (name.split('/').at(-1) ?? '').split('-')
  const at = words.findIndex((word) => systems.includes(word))
  if (at < 0) throw new Error(`${name} does not say its platform`)
  const libc = words.map((word) => libcs[word]).find((found) => found !== undefined)
  return { cpu: [words[at + 1]], ...(libc === undefined ? {} : { libc: [libc] }), os: [words[at]] }
}

const lock = JSON.parse(readFileSync(file, 'utf8'))
const packages = new Map(Object.entries(lock.packages))
for (const [path, entry] of [...packages]) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (packages.has(`node_modules/${name}`) || packages.has(`${path}/node_modules/${name}`)) continue
    const { cpu, libc, os } = platformOf(name)
    packages.set(`node_modules/${name}`, {
      version,
      cpu,
      ...(entry.dev ? { dev: true } : {}),
      ...(libc === undefined ? {} : { libc }),
      license: entry.license,
      optional: true,
      os,
      engines: entry.engines,
    })
    process.stdout.write(`added ${name} ${version}\n`)
  }
}
const sorted = Object.fromEntries([...packages].sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
