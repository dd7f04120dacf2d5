import type { Problem } from '../../shared/errors.js';

/** Collects problems; the same one found on several ways counts once. */
export class ProblemList {
  readonly #problems = new Map<string, Problem>();

  add(problem: Problem): void {
    const key = JSON.stringify([problem.code, problem.at ?? null, problem.message]);
    if (!this.#problems.has(key)) this.#problems.set(key, problem);
  }

  get empty(): boolean {
    return this.#problems.size === 0;
  }

  /** By file and line, those without a place first. */
  all(): readonly Problem[] {
    return [...this.#problems.values()].sort(
      (a, b) =>
        compare(fileOf(a), fileOf(b)) ||
        lineOf(a) - lineOf(b) ||
        columnOf(a) - columnOf(b) ||
        compare(a.message, b.message),
    );
  }
}

function fileOf({ at }: Problem): string {
  return at !== undefined && 'file' in at ? at.file : '';
}

function lineOf({ at }: Problem): number {
  return at !== undefined && 'file' in at ? (at.line ?? 0) : 0;
}

function columnOf({ at }: Problem): number {
  return at !== undefined && 'file' in at ? (at.column ?? 0) : 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
