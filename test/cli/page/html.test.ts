/** HTML as values: whatever a text contains, the page stays whole and loads nothing. */
import { expect, test } from 'vitest'
import { element, joined, markup, paragraph } from '../../../cli/page/html.ts'
import { pageText } from '../../../cli/page/page.ts'
import { closed, dataTable, factList, legend, stackedBars, treeTools } from '../../../cli/page/parts.ts'
import { pageFaults, parsePage } from '../../helpers/page.ts'

test.each([
  ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
  ['"a" & \'b\'', '&quot;a&quot; &amp; &#39;b&#39;'],
  ['a\u0000b\u001bc\r', 'a\ufffdb\ufffdc\ufffd'],
  ['lone \ud800 surrogate', 'lone \ufffd surrogate'],
  ['😀 ä 人', '😀 ä 人'],
])('%j is text', (text, expected) => {
  expect(paragraph(text).html).toBe(`<p>${expected}</p>`)
})

test('attributes are escaped, missing ones left out', () => {
  expect(element('a', { href: '#x', title: '"><img src=x>', hidden: false, open: true }, 'y').html).toBe(
    '<a href="#x" title="&quot;&gt;&lt;img src=x&gt;" open>y</a>',
  )
})

test('children of all kinds', () => {
  expect(joined('a', undefined, [paragraph('b'), ['<']], markup('<hr>')).html).toBe('a<p>b</p>&lt;<hr>')
})

const nasty = '</title></style></script><img src="https://example.org/x.png" onerror="x()">\u0000'

test('a page of nasty texts is whole', () => {
  const html = pageText({
    title: nasty,
    subtitle: nasty,
    maker: nasty,
    sections: [
      {
        id: 'one',
        title: nasty,
        body: [
          dataTable({
            caption: nasty,
            columns: [{ title: nasty, kind: 'head' }, { title: nasty }],
            rows: [[nasty, nasty]],
          }),
          factList([{ name: nasty, value: nasty, detail: nasty }]),
          stackedBars(
            [{ name: nasty, figure: nasty, parts: [{ name: nasty, amount: 1, text: nasty, color: 3 }], limit: 0.5 }],
            nasty,
          ),
          legend([{ name: nasty, color: 9 }]),
          closed(nasty, nasty),
          treeTools('one', nasty),
        ],
      },
    ],
  })
  expect(pageFaults(html)).toEqual([])
  const { text, all } = parsePage(html)
  expect(all('img')).toEqual([])
  expect(text).toContain('onerror')
})

test('faults of a page are found', () => {
  const html = pageText({ title: 'a', subtitle: 'b', maker: 'c', sections: [] }).replace(
    '</main>',
    '<p id="main"><div></p><img src="http://x/y.png"><table></table><h4>deep</h4><a href="#nowhere">x</a></main>',
  )
  expect(pageFaults(html).join('\n')).toMatch(/the id main is there twice/)
  for (const fault of [/http:/, /no caption/, /no text/, /level 4/, /#nowhere/])
    expect(pageFaults(html).join('\n')).toMatch(fault)
})

test('bars of nothing have no width', () => {
  expect(
    stackedBars([{ name: 'a', figure: '0 B', parts: [{ name: 'b', amount: 0, text: '0 B', color: 0 }] }], 'c').html,
  ).toContain('width:0%')
})
