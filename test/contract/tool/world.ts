import type { Tool } from '@tandem/bff/ports';

/** A remote to prove a tool against, with one place that three accounts see differently. */
export interface ToolWorld {
  readonly tool: Tool;
  /** `owner` may do everything, `writer` may edit, `reader` may only read */
  readonly tokens: { readonly owner: string; readonly writer: string; readonly reader: string };
  /** a token of the writer that the tool will end, and when; absent where it does not say */
  readonly ending?: { readonly token: string; readonly ends: string };
  /** has the labels `bug`, `feature` and `urgent`, and all three accounts as members */
  readonly place: string;
  /** a word that finds the place */
  readonly placeWord: string;
  /** well-formed, but nothing is there */
  readonly noPlace: string;
  /** web address of an item of the place that does not exist there */
  urlOf(id: string): string;
  /** Somebody renames an item in the tool itself. */
  rename(id: string, title: string): Promise<void>;
  /** Somebody deletes an item in the tool itself. */
  destroy(id: string): Promise<void>;
  /** whether the tool's webhooks tell of a deletion */
  readonly tellsDeletion: boolean;
  /** whether hooks sign what they send once they are asked to; else whatever proof they give is the only one */
  readonly signs: boolean;
  /** texts of what people wrote below an item, as the tool itself has them */
  notesAt(id: string): Promise<readonly string[]>;
  /** ids of the hooks with this URL, as the tool itself has them */
  hooksAt(url: string): Promise<readonly string[]>;
  /** What makes the tool stop sending to a hook. */
  switchOff(hookId: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens the world of a tool; `undefined` where it cannot run here (and has said so). */
export type OpenWorld = () => Promise<ToolWorld | undefined>;
