import { describe, expect, test } from 'vitest';
import { renderBySignals } from '@tandem/plugin/signal-views';
import { batch, computed, effect, signal } from '@tandem/plugin/signal';

/** What an effect saw, each time that it ran. */
function watch<T>(read: () => T): { readonly seen: T[]; readonly stop: () => void } {
  const seen: T[] = [];
  return { seen, stop: effect(() => void seen.push(read())) };
}

describe('a signal', () => {
  test('is seen at once by an effect, and again with each new value, but not with the same one', () => {
    const name = signal('Ana');
    const { seen, stop } = watch(() => name.value);
    name.value = 'Ben';
    name.value = 'Ben';
    expect(seen).toEqual(['Ana', 'Ben']);
    stop();
    name.value = 'Cem';
    expect(seen).toEqual(['Ana', 'Ben']);
  });

  test('that is peeked at tells nobody', () => {
    const name = signal('Ana');
    const { seen } = watch(() => name.peek());
    name.value = 'Ben';
    expect(seen).toEqual(['Ana']);
    expect(name.peek()).toBe('Ben');
  });

  test('that is not read any more tells nobody any more', () => {
    const [which, left, right] = [signal<'left' | 'right'>('left'), signal(1), signal(2)];
    const { seen } = watch(() => (which.value === 'left' ? left.value : right.value));
    which.value = 'right';
    left.value = 10;
    right.value = 20;
    expect(seen).toEqual([1, 2, 20]);
  });
});

describe('a computed signal', () => {
  test('is computed when it is read, once for each change', () => {
    let times = 0;
    const price = signal(2);
    const double = computed(() => {
      times += 1;
      return price.value * 2;
    });
    expect(times).toBe(0);
    expect([double.value, double.value, double.peek(), times]).toEqual([4, 4, 4, 1]);
    price.value = 3;
    price.value = 4;
    expect([double.value, times]).toEqual([8, 2]);
  });

  test('that stays the same is no news to who reads it', () => {
    const count = signal(1);
    const many = computed(() => count.value > 2);
    const { seen } = watch(() => many.value);
    count.value = 2;
    expect(seen).toEqual([false]);
    count.value = 3;
    expect(seen).toEqual([false, true]);
  });

  test('of two that share a source is never seen beside the other’s older value', () => {
    const n = signal(1);
    const [double, next] = [computed(() => n.value * 2), computed(() => n.value + 1)];
    const { seen } = watch(() => `${double.value} ${next.value}`);
    n.value = 2;
    expect(seen).toEqual(['2 2', '4 3']);
  });

  test('is not computed with what an earlier value has made meaningless', () => {
    const user = signal<{ readonly name: string } | undefined>({ name: 'Ana' });
    const is = computed(() => user.value !== undefined);
    const name = computed(() => (user.value as { name: string }).name);
    const { seen } = watch(() => (is.value ? name.value : 'nobody'));
    user.value = undefined;
    expect(seen).toEqual(['Ana', 'nobody']);
  });

  test('that throws throws at whoever reads it, and is computed again after a change', () => {
    const text = signal('{');
    const parsed = computed(() => JSON.parse(text.value) as unknown);
    expect(() => parsed.value).toThrow(SyntaxError);
    expect(() => parsed.peek()).toThrow(SyntaxError);
    const seen: unknown[] = [];
    effect(() => {
      try {
        seen.push(parsed.value);
      } catch {
        seen.push('broken');
      }
    });
    text.value = '1';
    text.value = ']';
    expect(seen).toEqual(['broken', 1, 'broken']);
  });
});

describe('an effect', () => {
  test('undoes what it did before it runs again, and at the end', () => {
    const log: string[] = [];
    const n = signal(1);
    const stop = effect(() => {
      const now = n.value;
      log.push(`begin ${now}`);
      return () => void log.push(`end ${now}`);
    });
    n.value = 2;
    stop();
    stop();
    expect(log).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
  });

  test('sees the changes of a batch together, and those of another effect after it', () => {
    const [first, last] = [signal('Ana'), signal('Marković')];
    const length = signal(0);
    const { seen } = watch(() => `${first.value} ${last.value} ${length.value}`);
    effect(() => {
      length.value = first.value.length + last.value.length;
      return undefined;
    });
    expect(batch(() => {
      first.value = 'Benedict';
      last.value = 'Li';
      return 'done';
    })).toBe('done');
    expect(seen).toEqual(['Ana Marković 0', 'Ana Marković 11', 'Benedict Li 11', 'Benedict Li 10']);
  });

  test('that throws keeps no other from running, and its error reaches whoever made the change', () => {
    const n = signal(0);
    effect(() => {
      if (n.value === 1) throw new Error('not one');
      return undefined;
    });
    const { seen } = watch(() => n.value);
    expect(() => {
      n.value = 1;
    }).toThrow('not one');
    n.value = 2;
    expect(seen).toEqual([0, 1, 2]);
  });
});

describe('a component', () => {
  type Inside = NonNullable<Parameters<typeof renderBySignals>[0]>;
  type Node = Parameters<NonNullable<Inside['diffed']>>[0];
  /** Preact as far as rendering calls back; what was there before must be called as well. */
  const stage = () => {
    const calls: string[] = [];
    const inside: Inside = { __r: () => void calls.push('render'), diffed: () => void calls.push('diffed'), __e: () => void calls.push('threw'), unmount: () => void calls.push('unmount') };
    renderBySignals(inside);
    const component = (): { node: Node; drawn: () => number } => {
      let drawn = 0;
      return { node: { __c: { forceUpdate: () => (drawn += 1) } } as unknown as Node, drawn: () => drawn };
    };
    return { calls, inside, component };
  };

  test('renders anew when what it read has changed, and not what its children read', () => {
    const { calls, inside, component } = stage();
    const [mine, childs] = [signal(1), signal(1)];
    const [parent, child] = [component(), component()];
    inside['__r']?.(parent.node);
    void mine.value;
    inside['__r']?.(child.node);
    void childs.value;
    inside.diffed?.(child.node);
    inside.diffed?.(parent.node);
    mine.value = 2;
    expect([parent.drawn(), child.drawn()]).toEqual([1, 0]);
    childs.value = 2;
    expect([parent.drawn(), child.drawn()]).toEqual([1, 1]);
    expect(calls).toEqual(['render', 'render', 'diffed', 'diffed']);
  });

  test('that threw or is gone is not rendered any more by what is read or changed later', () => {
    const { inside, component } = stage();
    const [n, other] = [signal(1), signal(1)];
    const [broken, gone] = [component(), component()];
    inside['__r']?.(broken.node);
    inside['__e']?.(new Error('no'), broken.node);
    void n.value;
    inside['__r']?.(gone.node);
    void other.value;
    inside.diffed?.(gone.node);
    inside.unmount?.(gone.node);
    n.value = 2;
    other.value = 2;
    expect([broken.drawn(), gone.drawn()]).toEqual([0, 0]);
  });
});
