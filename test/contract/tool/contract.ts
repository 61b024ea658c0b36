import { afterAll, beforeAll, describe, it } from 'vitest';
import { accessWith } from './access.ts';
import { backlinksContract } from './backlinks.ts';
import { complete, type On, type TestOn } from './bench.ts';
import { findingContract } from './finding.ts';
import { itemsContract } from './items.ts';
import { placesContract } from './places.ts';
import { rightsContract } from './rights.ts';
import { webhooksContract } from './webhooks.ts';
import type { OpenWorld, ToolWorld } from './world.ts';

/** What every tool promises, whatever is behind it. */
export function toolContract(name: string, open: OpenWorld): void {
  describe(`the tool ${name}`, () => {
    let world: ToolWorld | undefined;
    let on: On;
    beforeAll(async () => {
      world = await open();
      if (world) on = await benchOf(world);
    });
    afterAll(() => world?.close());

    const test: TestOn = (what, run) => {
      it(what, async ({ skip }) => {
        if (!world) skip();
        await run(on);
      });
    };
    describe('who and where', () => placesContract(test));
    describe('reading and writing', () => itemsContract(test));
    describe('rights', () => rightsContract(test));
    describe('backlinks', () => backlinksContract(test));
    describe('finding', () => findingContract(test));
    describe('webhooks', () => webhooksContract(test));
  });
}

async function benchOf(world: ToolWorld): Promise<On> {
  const { tokens, place } = world;
  const tool = complete(world.tool);
  const [owner, writer, reader] = await Promise.all([accessWith(tool, tokens.owner), accessWith(tool, tokens.writer), accessWith(tool, tokens.reader)]);
  let count = 0;
  const draft: On['draft'] = (more = {}) => ({ title: `Task ${(count += 1)}`, description: '', labels: [], assignees: [], ...more });
  return { world, tool, owner, writer, reader, draft, make: (more) => tool.create(writer, place, draft(more)) };
}
