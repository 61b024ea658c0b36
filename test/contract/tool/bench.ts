import type { Item, ItemDraft } from '@tandem/shared/item';
import { TandemError } from '@tandem/bff/errors';
import type { Access, Tool } from '@tandem/bff/ports';
import type { ToolWorld } from './world.ts';

/** A tool with every capability that the contract proves. */
export type CompleteTool = Tool & Required<Pick<Tool, 'write' | 'create' | 'hooks' | 'backlinks'>>;

/** The tool, if it can do everything; throws otherwise. */
export function complete(tool: Tool): CompleteTool {
  if (!isComplete(tool)) throw new Error(`${tool.name} lacks a capability that this contract proves.`);
  return tool;
}

function isComplete(tool: Tool): tool is CompleteTool {
  return 'write' in tool && 'create' in tool && 'hooks' in tool && 'backlinks' in tool;
}

/** What each test of the contract works on. */
export interface On {
  readonly world: ToolWorld;
  readonly tool: CompleteTool;
  readonly owner: Access;
  readonly writer: Access;
  readonly reader: Access;
  /** a draft with a title of its own */
  draft(more?: Partial<ItemDraft>): ItemDraft;
  /** a new item, made by the writer */
  make(more?: Partial<ItemDraft>): Promise<Item>;
}

/** Declares a test of the contract; it is skipped where the world cannot run. */
export type TestOn = (what: string, run: (on: On) => Promise<void>) => void;

/** The names of an item's labels. */
export function names(item: Item): string[] {
  return item.labels.map((label) => label.name);
}

/** The ids of an item's assignees. */
export function ids(item: Item): string[] {
  return item.assignees.map((person) => person.id);
}

/** The error that an attempt must end in. */
export async function failure(attempt: Promise<unknown>): Promise<TandemError> {
  const outcome = await attempt.then((value) => ({ value }), (error: unknown) => ({ error }));
  if ('value' in outcome) throw new Error(`This should have failed, but answered ${JSON.stringify(outcome.value)}`);
  if (!(outcome.error instanceof TandemError)) throw outcome.error;
  return outcome.error;
}
