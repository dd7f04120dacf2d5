import type { Annotation, StepResult } from './runner.js';

type Step = Pick<StepResult, 'annotations'>;

/** What a step says in its annotations, one a line; in those of `level` alone where it is given. */
export function said({ annotations }: Step, level?: Annotation['level']): string {
  return annotations
    .filter((one) => level === undefined || one.level === level)
    .map(({ message }) => message)
    .join('\n');
}

/** What a step says is wrong. */
export function errors(step: Step): string {
  return said(step, 'error');
}
