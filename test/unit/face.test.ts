import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { disabledFace, faceOf, looseFace } from '@tandem/shared/face';
import type { Item } from '@tandem/shared/item';
import { parseRef, printRef, sameRef } from '@tandem/shared/ref';
import { clip, escapeHtml, plainLine } from '@tandem/shared/text';

const ITEM: Item = {
  ref: { tool: 'gitlab', site: 'gitlab.com', place: '42', id: '7' },
  key: 'roadmap#7',
  url: 'https://gitlab.com/acme/roadmap/-/issues/7',
  title: 'Fish & <b>chips</b>',
  description: '## Why\n\nBecause **people** ask. See [the list](https://example.org).\n\n- [x] one\n- two',
  status: { id: 'opened', name: 'Open', kind: 'open' },
  labels: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, color: '#ffffff' })),
  assignees: [{ id: '1', name: 'Ana', username: 'ana' }, { id: '2', name: 'Ben', username: 'ben' }],
  due: '2027-01-31',
  updatedAt: '2026-11-23T09:00:00.000Z',
};

describe('the face of a card', () => {
  test('shows status, people, due date and labels, and links its item first', () => {
    const face = faceOf(ITEM);
    expect(face.title).toBe('Fish &amp; &lt;b&gt;chips&lt;/b&gt;');
    expect(face.description).toBe('<p><a href="https://gitlab.com/acme/roadmap/-/issues/7">roadmap#7</a></p><p>Why Because people ask. See the list. one two</p>');
    expect(face.fields.map((chip) => chip.value)).toEqual(['Open', 'Ana +1', 'Due 2027-01-31', 'a', 'b', 'c', 'd', '+2']);
    expect([face.status, face.color]).toEqual(['connected', '#1f75cb']);
  });

  test('of a closed item has another colour; of a lost one is grey and says why', () => {
    expect(faceOf({ ...ITEM, status: { id: 'closed', name: 'Closed', kind: 'closed' } }).color).not.toBe(faceOf(ITEM).color);
    expect(disabledFace(faceOf(ITEM), 'Deleted in the tool')).toMatchObject({ status: 'disabled', fields: [{ value: 'Deleted in the tool' }] });
  });

  test('of an unlinked card leads nowhere, and shows what it last showed', () => {
    const loose = looseFace(faceOf(ITEM));
    expect(loose).toMatchObject({ title: faceOf(ITEM).title, status: 'disconnected' });
    expect(loose.description).toBe(faceOf(ITEM).description.replace(/<\/?a[^>]*>/g, ''));
    expect(loose.description).toContain(ITEM.key);
    expect(loose.description).not.toContain(ITEM.url);
  });

  test('lets no tag of the item through, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (title, description, path) => {
        const face = faceOf({ ...ITEM, title: `<script>${title}`, description: `<img src=x onerror=1> ${description}`, url: `https://gitlab.com/${path}"onmouseover="x` });
        const tags = `${face.title}${face.description}`.match(/<[^>]*>/g) ?? [];
        for (const tag of tags) expect(tag).toMatch(/^<\/?p>$|^<\/a>$|^<a href="[^"<>]*">$/);
      }),
    );
  });

  test('chips can be read on the label’s own colour', () => {
    const [white, black] = ['#ffffff', '#000000'].map((color) => faceOf({ ...ITEM, labels: [{ name: 'x', color }] }).fields.at(-1)?.textColor);
    expect([white, black]).toEqual(['#1a1c21', '#ffffff']);
    expect(faceOf({ ...ITEM, labels: [{ name: 'x', color: 'javascript:' }] }).fields.at(-1)?.fillColor).toBe('#eceff3');
  });
});

describe('text', () => {
  test('is cut between visible characters, never inside one', () => {
    expect(clip('👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 2)).toBe('👩‍👩‍👧‍👦…');
    expect(clip('short', 5)).toBe('short');
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, max) => [...new Intl.Segmenter().segment(clip(text, max))].length <= max));
  });

  test('escaped holds nothing that could begin a tag or end an attribute', () => {
    fc.assert(fc.property(fc.string(), (text) => !/[<>"']/.test(escapeHtml(text))));
  });

  test.each([
    ['Press _Pay_ and *wait* for `it`', 'Press Pay and wait for it'],
    ['snake_case_name stays, 2 * 3 * 4 too', 'snake_case_name stays, 2 * 3 * 4 too'],
    ['> quoted\n\n```js\ncode\n```\n---\n<!-- hidden -->', 'quoted code'],
    ['![image](x.png) [link](y)', 'link'],
  ])('Markdown %j reads %j', (markdown, plain) => {
    expect(plainLine(markdown)).toBe(plain);
  });
});

test('a ref is printed and read back, and nothing else is read', () => {
  fc.assert(
    fc.property(fc.record({ tool: fc.string({ minLength: 1 }), site: fc.string({ minLength: 1 }), place: fc.string({ minLength: 1 }), id: fc.string({ minLength: 1 }) }), (ref) => {
      const back = parseRef(printRef(ref));
      expect(back && sameRef(back, ref)).toBe(true);
    }),
  );
  for (const text of ['', 'gitlab', 'gitlab:a/b', 'gitlab:a/b/c/d', 'gitlab:a/b/%zz', 'git lab:a/b/c']) expect(parseRef(text), text).toBeUndefined();
});
