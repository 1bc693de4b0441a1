/**
 * The script of the pages. It adds to what works without it: opening and closing all parts of a tree, and searching in it. Tools are
 * hidden until it runs.
 */
export const script = `
for (const tools of document.querySelectorAll('.tools')) {
  const tree = document.getElementById(tools.dataset.tree)
  if (tree === null) continue
  tools.hidden = false
  const parts = () => tree.querySelectorAll('details')
  tools.querySelector('[data-do=open]').addEventListener('click', () => parts().forEach((part) => { part.open = true }))
  tools.querySelector('[data-do=close]').addEventListener('click', () => parts().forEach((part) => { part.open = false }))
  const search = tools.querySelector('input')
  const said = tools.querySelector('[role=status]')
  search.addEventListener('input', () => {
    const words = search.value.trim().toLowerCase()
    let found = 0
    for (const part of parts()) {
      const summary = part.querySelector('summary').textContent.toLowerCase()
      const hit = words === '' || summary.includes(words)
      if (words !== '' && hit) found++
      part.dataset.hit = hit ? 'yes' : 'no'
    }
    for (const part of parts()) {
      const inside = part.querySelector('details[data-hit=yes]') !== null
      const around = part.parentElement.closest('details[data-hit=yes]') !== null
      part.hidden = words !== '' && part.dataset.hit === 'no' && !inside && !around
      if (words !== '' && inside) part.open = true
    }
    said.textContent = words === '' ? '' : found === 1 ? '1 part' : found + ' parts'
  })
}
`.trim()
