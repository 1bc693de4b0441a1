/** The stylesheet of the pages. Colors are custom properties, which the charts in a page use as well. */

interface Theme {
  readonly [property: string]: string
}

/** `--chart-…` are the custom properties of the charts. Text on these backgrounds has a contrast of at least 4.5, lines and areas of at least 3 (WCAG 2.2, AA). */
const light: Theme = {
  'color-scheme': 'light',
  '--page': '#ffffff',
  '--surface': '#f3f5f8',
  '--text': '#1b1f24',
  '--quiet': '#545d68',
  '--line': '#d3d9e0',
  '--accent': '#0b5cad',
  '--good': '#1a7340',
  '--warning': '#8f5200',
  '--error': '#b3202c',
  '--chart-paper': 'transparent',
  '--chart-ink': '#1b1f24',
  '--chart-muted': '#545d68',
  '--chart-grid': '#dfe3e7',
  '--chart-1': '#1f6fd0',
  '--chart-2': '#c25700',
  '--chart-3': '#1d7f4a',
  '--chart-4': '#c2313d',
  '--chart-5': '#7a4fc4',
  '--chart-6': '#0b7f8c',
  '--chart-7': '#8a5a2b',
  '--chart-8': '#b83f87',
}

const dark: Theme = {
  'color-scheme': 'dark',
  '--page': '#12161c',
  '--surface': '#1c222b',
  '--text': '#e6eaf0',
  '--quiet': '#a3adb9',
  '--line': '#39424e',
  '--accent': '#75b4ff',
  '--good': '#63c98f',
  '--warning': '#e8a64e',
  '--error': '#ff8c93',
  '--chart-paper': 'transparent',
  '--chart-ink': '#e6eaf0',
  '--chart-muted': '#a3adb9',
  '--chart-grid': '#39424e',
  '--chart-1': '#6aa9ff',
  '--chart-2': '#f29b52',
  '--chart-3': '#58c08a',
  '--chart-4': '#f27d86',
  '--chart-5': '#b294f0',
  '--chart-6': '#4cc3d0',
  '--chart-7': '#c99a6b',
  '--chart-8': '#e884bd',
}

/** The number of colors `--chart-1` … of series and parts. */
const colors = 8

/** The color of the series or part number `index`, from 0. */
export function colorOf(index: number): string {
  return `var(--chart-${(index % colors) + 1})`
}

const declarations = (theme: Theme) =>
  Object.entries(theme)
    .map(([property, value]) => `${property}:${value}`)
    .join(';')

const layout = `
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-99rem;top:0;z-index:9;background:var(--page);padding:.5rem 1rem}
.skip:focus{left:.5rem;top:.5rem}
.frame{max-width:86rem;margin:0 auto;padding:1rem clamp(.75rem,3vw,2rem) 4rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 2rem;justify-content:space-between;align-items:flex-start}
h1{font-size:1.7rem;line-height:1.2;margin:.2rem 0}
h2{font-size:1.3rem;margin:2.5rem 0 .5rem;padding-top:.6rem;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:1.5rem 0 .4rem}
h4{font-size:1rem;margin:1rem 0 .3rem}
p{margin:.4rem 0 .8rem;max-width:52rem}
.sub{color:var(--quiet);margin:0 0 .5rem}
code,pre,.path{font-family:ui-monospace,"SFMono-Regular",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em}
code{background:var(--surface);padding:.05em .3em;border-radius:3px}
pre{background:var(--surface);padding:.8rem;overflow:auto;border-radius:6px;overflow-wrap:normal}
fieldset.theme{border:1px solid var(--line);border-radius:6px;padding:.15rem .6rem .25rem;margin:.2rem 0;font-size:.85rem;color:var(--quiet);min-width:0}
fieldset.theme legend{padding:0 .3rem}
fieldset.theme label{margin-right:.6rem;white-space:nowrap}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem .9rem;padding:0;margin:.5rem 0}
.missing{color:var(--quiet);border-left:4px solid var(--warning);padding:.1rem 0 .1rem .7rem}
.badge{display:inline-block;padding:.05rem .6rem;border:1px solid currentColor;border-radius:99px;font-size:.85rem;font-weight:600;white-space:nowrap}
.good{color:var(--good)}.warning{color:var(--warning)}.error{color:var(--error)}.quiet{color:var(--quiet)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(10.5rem,100%),1fr));gap:.6rem;margin:1rem 0;padding:0}
.facts>div{background:var(--surface);border-radius:6px;padding:.5rem .7rem;min-width:0}
.facts dt{color:var(--quiet);font-size:.85rem}
.facts dd{margin:0;font-weight:600}
.facts dd .quiet{font-weight:400;display:block;font-size:.85rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:1rem;align-items:start}
figure{margin:.6rem 0;min-width:0}
figure svg{max-width:100%;height:auto;display:block}
.narrow{display:none}
.faint .s2{stroke-opacity:.7;stroke-width:1;stroke-dasharray:none}
figcaption{color:var(--quiet);font-size:.88rem}
.scroll{overflow-x:auto;margin:.6rem 0;max-width:100%}
table{border-collapse:collapse;font-size:.92rem}
caption{text-align:left;color:var(--quiet);padding:.2rem 0;font-size:.88rem}
th,td{padding:.25rem .9rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:normal}
th{font-weight:600}
thead th{color:var(--quiet);white-space:nowrap}
td.num,th.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.wide,th.wide{overflow-wrap:anywhere;min-width:10rem}
tbody th{font-weight:500}
details{margin:.3rem 0}
summary{cursor:pointer;padding:.15rem 0}
summary::marker{color:var(--quiet)}
details>.inner{padding-left:1rem;border-left:1px solid var(--line);margin-left:.35rem}
.bar{display:flex;height:1.5rem;background:var(--surface);border:1px solid var(--line);border-radius:4px;overflow:hidden;position:relative}
.bar span{display:block;height:100%;flex:none;print-color-adjust:exact}
.bar .limit{position:absolute;top:0;bottom:0;width:0;border-left:2px dashed var(--text)}
.bar .bar-part{border-right:1px solid var(--page)}
.bars{display:grid;grid-template-columns:minmax(6rem,max-content) minmax(0,1fr) max-content;gap:.35rem .8rem;align-items:center;margin:.6rem 0}
.bar-row{display:grid;grid-column:1/-1;grid-template-columns:subgrid;align-items:center}
.bars .figure{font-variant-numeric:tabular-nums;text-align:right}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;padding:0;margin:.4rem 0;font-size:.88rem}
.swatch{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.35em;vertical-align:-.05em;print-color-adjust:exact}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(7rem,1fr));gap:.6rem;padding:0;list-style:none}
.pictures li,.pair{font-size:.8rem;min-width:0}
.pictures img,.pair img,.absent{width:100%;max-width:112px;aspect-ratio:1;border-radius:4px;display:block;background:var(--surface);object-fit:contain}
.absent{border:1px dashed var(--quiet);color:var(--quiet);padding:.3rem;overflow:hidden;font-size:.72rem;line-height:1.25}
.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(15rem,100%),1fr));gap:1rem;padding:0;list-style:none}
.pair .two{display:grid;grid-template-columns:1fr 1fr;gap:.3rem;max-width:15rem}
.tools{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.5rem 0}
.tools[hidden]{display:none}
button,input[type=search]{font:inherit;font-size:.9rem;color:var(--text);background:var(--surface);border:1px solid var(--quiet);border-radius:5px;padding:.2rem .7rem;max-width:100%}
button{cursor:pointer}
.node{display:inline-flex;flex-wrap:wrap;gap:0 .9rem;align-items:baseline;max-width:calc(100% - 1.5rem);vertical-align:top}
.node .name{font-weight:600}
.timeline{overflow-x:auto}
.timeline svg{min-width:40rem;width:100%;height:auto;display:block}
footer{margin-top:3rem;color:var(--quiet);font-size:.85rem;border-top:1px solid var(--line)}
@media (min-width:75rem){
.split{display:grid;grid-template-columns:13rem minmax(0,1fr);gap:2.5rem;align-items:start}
.split nav{position:sticky;top:1rem;max-height:calc(100vh - 2rem);overflow:auto;font-size:.92rem}
.split nav ul{display:block}
.split nav li{margin:.3rem 0}
main>section:first-child h2{margin-top:0;border-top:0}
}
@media (max-width:32rem){
.narrow{display:block}
.roomy{display:none}
.bars{grid-template-columns:minmax(0,1fr) max-content}
.bar-row .bar{grid-column:1/-1;order:3}
.bars .figure{justify-self:end}
th,td{padding-right:.6rem}
}
@media print{.theme,.tools,nav{display:none}}
`

/** The whole stylesheet: the system's theme, unless the reader has chosen one. */
export const stylesheet = [
  `:root{${declarations(light)}}`,
  `@media (prefers-color-scheme:dark){:root:not(:has(#theme-light:checked)){${declarations(dark)}}}`,
  `:root:has(#theme-dark:checked){${declarations(dark)}}`,
  layout.trim(),
].join('\n')
