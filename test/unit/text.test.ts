import { expect, test } from 'vitest';
import { toHtml } from '@tandem/bff/text/to-html';
import { toMarkdown } from '@tandem/bff/text/to-markdown';
import { edited } from '../sim/productboard-html.ts';

const both: readonly (readonly [what: string, html: string, markdown: string])[] = [
  ['paragraphs', '<p>One</p><p>Two</p>', 'One\n\nTwo'],
  ['headings', '<h1>Why</h1><h2>How</h2><p>So</p>', '# Why\n\n## How\n\nSo'],
  ['marks', '<p>A <b>bold</b>, <i>slanted</i>, <s>struck</s>, <u>underlined</u> and <code>coded</code> word</p>', 'A **bold**, *slanted*, ~~struck~~, <u>underlined</u> and `coded` word'],
  ['marks in marks', '<p><b>all <i>of</i> it</b></p>', '**all *of* it**'],
  ['links', '<p>See <a href="https://x.example/a?b=1&amp;c=2">this <b>page</b></a></p>', 'See [this **page**](https://x.example/a?b=1&c=2)'],
  ['lists', '<ul><li><p>one</p></li><li><p>two</p></li></ul>', '- one\n- two'],
  ['lists in lists', '<ol><li><p>one</p><ul><li><p>a</p></li><li><p>b</p></li></ul></li><li><p>two</p></li></ol>', '1. one\n   - a\n   - b\n2. two'],
  ['code', '<pre><code class="language-ts">const a = 1 &lt; 2;\n\nb();</code></pre>', '```ts\nconst a = 1 < 2;\n\nb();\n```'],
  ['quotes', '<blockquote><p>said</p><p>again</p></blockquote>', '> said\n>\n> again'],
  ['rules', '<p>a</p><hr><p>b</p>', 'a\n\n---\n\nb'],
  ['tables', '<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td><td>x|y</td></tr></tbody></table>', '| A | B |\n| --- | --- |\n| 1 | x\\|y |'],
  ['placeholders', '<p><a href="urn:pb:node:7f1">A video</a></p>', '[A video](urn:pb:node:7f1)'],
  ['what only looks like marks', '<p>2 * 3 &lt; 7, snake_case, [x], # no</p>', '2 \\* 3 < 7, snake_case, \\[x\\], # no'],
  ['lines that only look like blocks', '<p># no</p><p>- no</p><p>1. no</p>', '\\# no\n\n\\- no\n\n1\\. no'],
];

test.each(both)('%s come back as they went', (_what, html, markdown) => {
  expect(toMarkdown(html)).toBe(markdown);
  const there = toHtml(markdown);
  expect(toMarkdown(there)).toBe(markdown);
  // what we write is what the editor takes, and reads back as what it says
  expect(toMarkdown(edited(there, new Map([['7f1', 'A video']])))).toBe(markdown);
});

test('what has no tag there is kept in words', () => {
  expect(toHtml('#### Deep')).toBe('<h2>Deep</h2>');
  expect(toHtml('![A shot](https://x.example/a.png)')).toBe('<p><a href="https://x.example/a.png">A shot</a></p>');
  expect(toHtml('- [x] done\n- [ ] open')).toBe('<ul><li><p>[x] done</p></li><li><p>[ ] open</p></li></ul>');
  expect(toHtml('<details>more</details>')).toBe('<p>&lt;details&gt;more&lt;/details&gt;</p>');
  expect(toHtml('one\\\ntwo')).toBe('<p>one</p><p>two</p>');
  expect(toHtml('soft\nwrapped')).toBe('<p>soft wrapped</p>');
});

test('boxes of tasks, pictures and unknown elements keep what they say', () => {
  expect(toMarkdown('<ul><li data-checked="true"><p>done</p></li><li data-checked="false"><p>open</p></li></ul>')).toBe('- [x] done\n- [ ] open');
  expect(toMarkdown('<p><img alt="A shot" src="https://x.example/a.png"></p>')).toBe('![A shot](https://x.example/a.png)');
  expect(toMarkdown('<section><p>in <mark>here</mark></p></section>loose')).toBe('in here\n\nloose');
  expect(toMarkdown('a<br>b')).toBe('a\\\nb');
  expect(toMarkdown('<p>R&eacute;sum&#233; &amp;amp; &#x1F600;</p>')).toBe('R&eacute;sumé &amp; 😀');
});

test('broken text loses no words, and what is made to take for ever ends', () => {
  expect(toMarkdown('<b>open <i>and</b> on')).toBe('**open *and*** on');
  expect(toMarkdown('a < b > c')).toBe('a < b > c');
  for (const seed of ['<', '<a ', '*a', '[', '`', '**a_', '> ', '- ', '|-', '<b>', '<u>', '![', '\\', '<!--', '- a\n', '`a', '~~a']) {
    toMarkdown(seed.repeat(5_000));
    toHtml(seed.repeat(5_000));
  }
}, 30_000);
