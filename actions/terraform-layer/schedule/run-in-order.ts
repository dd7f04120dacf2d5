import PQueue from 'p-queue';

export interface Task {
  readonly id: string;
  /** Ids of tasks that must have succeeded first. */
  readonly dependsOn: readonly string[];
  /** Ids of tasks that must have ended first, whatever came of them. */
  readonly after?: readonly string[];
  /** It counts for nothing in a chain, and gives way to others at the same place of one. */
  readonly light?: boolean;
}

export type TaskEnd<R> =
  | { readonly kind: 'succeeded' | 'failed'; readonly result: R }
  /** `because`: the tasks whose failure kept it from starting; empty where the run was cancelled. */
  | { readonly kind: 'not-started'; readonly because: readonly string[] };

/**
 * Runs every task after those it depends on, as many at once as allowed, those at the head of the
 * longest chain first. A failure stops only what depends on it, at any depth; after `signal` is
 * aborted nothing more is started, and what runs is awaited. Dependencies that are no tasks count
 * as met. The tasks must not form a cycle.
 */
export async function runInOrder<R>(options: {
  readonly tasks: readonly Task[];
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly run: (id: string) => Promise<{ readonly ok: boolean; readonly result: R }>;
  /** Told as soon as it is known that a task will not start. */
  readonly onNotStarted?: (id: string, because: readonly string[]) => void;
}): Promise<ReadonlyMap<string, TaskEnd<R>>> {
  const { tasks, signal } = options;
  const ids = new Set(tasks.map(({ id }) => id));
  const open = new Map(
    tasks.map(({ id, dependsOn, after = [] }) => [
      id,
      new Set([...dependsOn, ...after].filter((other) => ids.has(other))),
    ]),
  );
  const dependents = invert(open);
  const tasksById = new Map(tasks.map((task) => [task.id, task]));
  const isLight = (id: string): boolean => tasksById.get(id)?.light === true;
  const chains = chainLengths(open, dependents, isLight);
  const ends = new Map<string, TaskEnd<R>>();
  const queue = new PQueue({ concurrency: options.concurrency, autoStart: false });
  const thrown: unknown[] = [];

  const finish = (id: string, end: TaskEnd<R>): void => {
    ends.set(id, end);
    for (const dependent of dependents.get(id) ?? []) {
      open.get(dependent)?.delete(id);
      if (open.get(dependent)?.size === 0) settle(dependent);
    }
  };
  const leave = (id: string, because: readonly string[]): void => {
    options.onNotStarted?.(id, because);
    finish(id, { kind: 'not-started', because });
  };
  const settle = (id: string): void => {
    const because = failedUpstreams(tasksById.get(id)?.dependsOn ?? [], ends);
    if (because === undefined) enqueue(id);
    else leave(id, because);
  };
  const enqueue = (id: string): void => {
    const work = async (): Promise<void> => {
      if (signal.aborted || thrown.length > 0) {
        leave(id, []);
        return;
      }
      const { ok, result } = await options.run(id);
      finish(id, { kind: ok ? 'succeeded' : 'failed', result });
    };
    const priority = (chains.get(id) ?? 0) * 2 - (isLight(id) ? 1 : 0);
    queue.add(work, { priority }).catch((error: unknown) => {
      thrown.push(error);
      leave(id, []);
    });
  };
  const ready = tasks.filter(({ id }) => open.get(id)?.size === 0);
  for (const { id } of ready) enqueue(id);
  // Started only now: the first ones in would otherwise run before longer chains are known.
  queue.start();
  await queue.onIdle();
  if (thrown.length > 0) throw thrown[0];
  return ends;
}

/** Undefined where every dependency succeeded; else the failures at the root of it. */
function failedUpstreams<R>(
  dependsOn: readonly string[],
  ends: ReadonlyMap<string, TaskEnd<R>>,
): readonly string[] | undefined {
  const causes = new Set<string>();
  let blocked = false;
  for (const id of dependsOn) {
    const end = ends.get(id);
    if (end?.kind === 'failed') {
      blocked = true;
      causes.add(id);
    } else if (end?.kind === 'not-started') {
      blocked = true;
      for (const cause of end.because) causes.add(cause);
    }
  }
  return blocked ? [...causes].sort() : undefined;
}

function invert(
  dependencies: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, readonly string[]> {
  const dependents = new Map<string, string[]>();
  for (const [id, others] of dependencies) {
    for (const other of others) {
      const list = dependents.get(other);
      if (list === undefined) dependents.set(other, [id]);
      else list.push(id);
    }
  }
  return dependents;
}

/** How many tasks the longest chain that starts at each one has. */
function chainLengths(
  dependencies: ReadonlyMap<string, ReadonlySet<string>>,
  dependents: ReadonlyMap<string, readonly string[]>,
  isLight: (id: string) => boolean,
): ReadonlyMap<string, number> {
  const missing = new Map([...dependencies].map(([id, others]) => [id, others.size]));
  const order = [...missing].flatMap(([id, count]) => (count === 0 ? [id] : []));
  for (const id of order) {
    for (const dependent of dependents.get(id) ?? []) {
      const count = (missing.get(dependent) ?? 0) - 1;
      missing.set(dependent, count);
      if (count === 0) order.push(dependent);
    }
  }
  if (order.length < dependencies.size) {
    throw new Error('the tasks given to runInOrder form a cycle');
  }
  const lengths = new Map<string, number>();
  for (const id of order.reverse()) {
    let longest = 0;
    for (const dependent of dependents.get(id) ?? []) {
      longest = Math.max(longest, lengths.get(dependent) ?? 0);
    }
    lengths.set(id, longest + (isLight(id) ? 0 : 1));
  }
  return lengths;
}
