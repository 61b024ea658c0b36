import { median } from './stats.ts';
import type { Stages, StoreKind } from './stage.ts';

/** One line of the report. */
export interface Figure {
  readonly name: string;
  /** which store it was taken on, where that matters */
  readonly store?: StoreKind;
  /** what was measured, with its unit */
  readonly value: string;
  /** what it is compared with, measured in the same run */
  readonly baseline?: string;
  /** value by baseline: the median, and the least and most of its rounds */
  readonly ratio?: number;
  readonly spread?: readonly [number, number];
  readonly budget: string;
  readonly ok: boolean;
}

/** What a bench is given. */
export interface Bench {
  readonly stages: Stages;
  readonly stores: readonly StoreKind[];
  /** sizes for a quiet hour */
  readonly full: boolean;
  say(figure: Figure): void;
}

/** Figures that are taken together. */
export interface Group {
  readonly names: readonly string[];
  /** Once per store, or once at all (`store` undefined) where `perStore` is off. */
  readonly perStore: boolean;
  /** Takes minutes: only with `--full`, or by its name. */
  readonly long?: boolean;
  run(bench: Bench, store: StoreKind): Promise<void>;
}

/** A bound on a ratio, and its words. */
export type Bound = { readonly most: number } | { readonly least: number };

/** The ratios of several rounds, judged by their median. */
export function ratios(rounds: readonly { readonly value: number; readonly baseline: number }[], bound: Bound): Pick<Figure, 'ratio' | 'spread' | 'budget' | 'ok'> & { value: number; baseline: number } {
  const each = rounds.map(({ value, baseline }) => value / baseline);
  const ratio = median(each);
  return {
    value: median(rounds.map(({ value }) => value)),
    baseline: median(rounds.map(({ baseline }) => baseline)),
    ratio,
    spread: [Math.min(...each), Math.max(...each)],
    ...judged(ratio, bound),
  };
}

export function judged(value: number, bound: Bound): Pick<Figure, 'budget' | 'ok'> {
  return 'most' in bound ? { budget: `≤ ${bound.most}`, ok: value <= bound.most } : { budget: `≥ ${bound.least}`, ok: value >= bound.least };
}

/** The line as people read it. */
export function lineOf({ name, store, value, baseline, ratio, spread, budget, ok }: Figure): string {
  const range = spread && spread[0] !== spread[1] ? ` (${two(spread[0])}–${two(spread[1])})` : '';
  return [name.padEnd(26), (store ?? '').padEnd(8), value.padEnd(22), (baseline ?? '').padEnd(22), (ratio === undefined ? '' : two(ratio) + range).padEnd(20), budget.padEnd(16), ok ? 'ok' : 'MISSED'].join(' ');
}

function two(value: number): string {
  return value.toFixed(2);
}

/** A number for people: `12,345`, `3.21`. */
export function shown(value: number, unit = ''): string {
  const text = Math.abs(value) >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString('en') : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
  return unit ? `${text} ${unit}` : text;
}
