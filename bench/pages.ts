/**
 * `npm run bench:pages -- --chromium PATH FILE.html…`: opens pages in a real Chromium at 400 and 1600 pixels, light and dark, and checks
 * that nothing is written on the console or asked from a network, that no page is wider than the window, that the keyboard reaches
 * everything in the order of the page, and that text has enough contrast. `--shots FOLDER` saves what they look like.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { type Chromium, startChromium, type Tab, type View } from './pages/chromium.ts'
import { behaviorScript, contrastScript, focusScript, overflowScript } from './pages/inspect.ts'

const mostBytes = 2e6

const views: readonly View[] = [
  { width: 400, height: 800, scheme: 'light' },
  { width: 400, height: 800, scheme: 'dark' },
  { width: 1600, height: 1000, scheme: 'light' },
  { width: 1600, height: 1000, scheme: 'dark' },
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { chromium: { type: 'string' }, shots: { type: 'string' }, open: { type: 'boolean' } },
})

/** How many places Tab reaches, and whether they come in the order of the page. */
async function tabThrough(tab: Tab): Promise<readonly string[]> {
  const wanted = Number(await tab.evaluate(focusScript.count))
  await tab.evaluate('document.activeElement?.blur(); window.scrollTo(0, 0)')
  let last = -1
  const faults: string[] = []
  const steps = Math.min(wanted, 400)
  for (let i = 0; i < steps; i++) {
    for (const type of ['rawKeyDown', 'keyUp'])
      await tab.call('Input.dispatchKeyEvent', { type, key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 })
    const [at, ring] = (await tab.evaluate(focusScript.where)) as [number, boolean]
    if (at < 0) {
      faults.push(`Tab number ${i + 1} leaves the page; ${wanted} places can have the focus`)
      break
    }
    if (at <= last) faults.push(`Tab number ${i + 1} goes back`)
    if (!ring) faults.push(`Tab number ${i + 1}: the focus cannot be seen`)
    last = at
  }
  return faults
}

async function inspect(browser: Chromium, file: string, view: View): Promise<readonly string[]> {
  const tab = await browser.open(pathToFileURL(resolve(file)).href, view)
  const faults: string[] = []
  for (const opened of [false, true]) {
    if (opened) await tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    faults.push(...((await tab.evaluate(overflowScript)) as string[]))
    faults.push(...((await tab.evaluate(contrastScript)) as string[]))
    if (values.shots !== undefined && opened === (values.open ?? false)) await shoot(tab, file, view)
  }
  await tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = false })")
  if (view.scheme === 'light') faults.push(...(await tabThrough(tab)))
  faults.push(...((await tab.evaluate(behaviorScript)) as string[]))
  faults.push(...tab.complaints)
  await tab.call('Page.close')
  return [...new Set(faults)]
}

async function shoot(tab: Tab, file: string, { width, scheme }: View): Promise<void> {
  const folder = values.shots ?? '.'
  mkdirSync(folder, { recursive: true })
  const height = Math.min(12_000, Number(await tab.evaluate('document.documentElement.scrollHeight')))
  const clip = { x: 0, y: 0, width, height, scale: 1 }
  const { data } = await tab.call('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true, clip })
  const name = `${basename(file).replace(/\.html?$/, '')}-${width}-${scheme}.png`
  writeFileSync(join(folder, name), Buffer.from(String(data), 'base64'))
}

const say = (line: string) => process.stdout.write(`${line}\n`)

if (values.chromium === undefined || positionals.length === 0) {
  say('usage: npm run bench:pages -- --chromium PATH [--shots FOLDER [--open]] FILE.html…')
  process.exitCode = 1
} else {
  const browser = await startChromium(values.chromium)
  try {
    for (const file of positionals) {
      const { size } = statSync(file)
      const tooLarge = size > mostBytes ? [`it has ${size} bytes, more than ${mostBytes}`] : []
      const found = [tooLarge]
      for (const view of views) {
        const faults = await inspect(browser, file, view)
        say(`${file} ${view.width} ${view.scheme}: ${faults.length === 0 ? 'ok' : `${faults.length} faults`}`)
        for (const fault of faults.slice(0, 20)) say(`  ${fault}`)
        found.push([...faults])
      }
      for (const fault of tooLarge) say(`  ${fault}`)
      if (found.flat().length > 0) process.exitCode = 1
    }
  } finally {
    await browser.close()
  }
}
