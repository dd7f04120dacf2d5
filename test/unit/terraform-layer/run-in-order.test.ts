import fc from 'fast-check';
import { runInOrder, type Task } from '../../../actions/terraform-layer/schedule/run-in-order.js';

const never = new AbortController().signal;

function task(id: string, ...dependsOn: readonly string[]): Task {
  return { id, dependsOn };
}

/** A task takes a few turns of the event loop, so that others get theirs. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('running in order', () => {
  it('stops only what depends on a failure, and says which', async () => {
    const ends = await runInOrder({
      tasks: [task('a'), task('b', 'a'), task('c', 'b'), task('x'), task('y', 'x')],
      concurrency: 2,
      signal: never,
      run: (id) => Promise.resolve({ ok: id !== 'a', result: id }),
    });
    expect(Object.fromEntries(ends)).toEqual({
      a: { kind: 'failed', result: 'a' },
      b: { kind: 'not-started', because: ['a'] },
      c: { kind: 'not-started', because: ['a'] },
      x: { kind: 'succeeded', result: 'x' },
      y: { kind: 'succeeded', result: 'y' },
    });
  });

  it('takes the head of the longest chain first', async () => {
    const started: string[] = [];
    await runInOrder({
      tasks: [task('short'), task('long'), task('m', 'long'), task('n', 'm')],
      concurrency: 1,
      signal: never,
      run: (id) => {
        started.push(id);
        return Promise.resolve({ ok: true, result: undefined });
      },
    });
    expect(started[0]).toBe('long');
  });

  it('waits for what only has to end, well or not', async () => {
    const started: string[] = [];
    const ends = await runInOrder({
      tasks: [{ id: 'b', dependsOn: [], after: ['a', 'elsewhere'] }, task('a')],
      concurrency: 2,
      signal: never,
      run: (id) => {
        started.push(id);
        return Promise.resolve({ ok: id !== 'a', result: id });
      },
    });
    expect(started).toEqual(['a', 'b']);
    expect(ends.get('b')?.kind).toBe('succeeded');
  });

  it('lets light tasks give way', async () => {
    const started: string[] = [];
    const light = (id: string): Task => ({ id, dependsOn: [], light: true });
    await runInOrder({
      tasks: [
        light('light b'),
        light('light c'),
        task('a'),
        task('b', 'a', 'light b'),
        task('c', 'b', 'light c'),
      ],
      concurrency: 1,
      signal: never,
      run: (id) => {
        started.push(id);
        return Promise.resolve({ ok: true, result: undefined });
      },
    });
    expect(started).toEqual(['a', 'light b', 'b', 'light c', 'c']);
  });

  it('starts nothing after a cancel, and waits for what runs', async () => {
    const controller = new AbortController();
    const finished: string[] = [];
    const ends = await runInOrder({
      tasks: [task('a'), task('b', 'a'), task('c')],
      concurrency: 1,
      signal: controller.signal,
      run: async (id) => {
        controller.abort();
        await turns(3);
        finished.push(id);
        return { ok: true, result: undefined };
      },
    });
    expect(finished).toEqual(['a']);
    expect(ends.get('b')).toEqual({ kind: 'not-started', because: [] });
    expect(ends.get('c')).toEqual({ kind: 'not-started', because: [] });
  });

  it('lets what runs finish before it passes on a thrown error', async () => {
    const finished: string[] = [];
    const running = runInOrder({
      tasks: [task('bad'), task('good'), task('after', 'bad')],
      concurrency: 2,
      signal: never,
      run: async (id) => {
        if (id === 'bad') throw new Error('broken');
        await turns(3);
        finished.push(id);
        return { ok: true, result: undefined };
      },
    });
    await expect(running).rejects.toThrow('broken');
    expect(finished).toEqual(['good']);
  });

  it('counts a dependency that is no task as met', async () => {
    const ends = await runInOrder({
      tasks: [task('a', 'elsewhere')],
      concurrency: 1,
      signal: never,
      run: () => Promise.resolve({ ok: true, result: undefined }),
    });
    expect(ends.get('a')?.kind).toBe('succeeded');
  });

  it('refuses a cycle', async () => {
    const running = runInOrder({
      tasks: [task('a', 'b'), task('b', 'a')],
      concurrency: 1,
      signal: never,
      run: () => Promise.resolve({ ok: true, result: undefined }),
    });
    await expect(running).rejects.toThrow('cycle');
  });

  it('respects order and limit in any graph, whatever fails', async () => {
    // Task i depends on lower ones only: no cycle can be drawn.
    const graph = fc.array(fc.record({ links: fc.array(fc.nat(100)), fails: fc.boolean() }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(graph, fc.integer({ min: 1, max: 5 }), async (nodes, concurrency) => {
        const tasks = nodes.map(({ links }, index) =>
          task(
            String(index),
            ...(index === 0 ? [] : links.slice(0, 4).map((link) => String(link % index))),
          ),
        );
        const succeeded = new Set<string>();
        const started = new Set<string>();
        let running = 0;
        let most = 0;
        const ends = await runInOrder({
          tasks,
          concurrency,
          signal: never,
          run: async (id) => {
            for (const other of tasks[Number(id)]?.dependsOn ?? []) {
              expect(succeeded).toContain(other);
            }
            started.add(id);
            running += 1;
            most = Math.max(most, running);
            await turns(Number(id) % 3);
            running -= 1;
            const ok = nodes[Number(id)]?.fails !== true || Number(id) % 2 === 0;
            if (ok) succeeded.add(id);
            return { ok, result: undefined };
          },
        });
        expect(most).toBeLessThanOrEqual(concurrency);
        expect(ends.size).toBe(tasks.length);
        for (const { id, dependsOn } of tasks) {
          // Exactly what has every dependency met was started.
          expect(started.has(id)).toBe(dependsOn.every((other) => succeeded.has(other)));
        }
      }),
      { numRuns: 60 },
    );
  });
});
