import type { SourceLocation } from '../../actions/shared/errors.js';

/** `not-checked` is never `ok`: what could not be seen may be wrong. */
export type FindingStatus = 'ok' | 'warning' | 'problem' | 'not-checked';

export type FindingArea = 'configuration' | 'workflows' | 'github';

/** What one look has shown. */
export interface Finding {
  readonly status: FindingStatus;
  readonly area: FindingArea;
  /** Stable, kebab-case. */
  readonly code: string;
  readonly message: string;
  readonly at?: SourceLocation;
  /** What to do next; of `not-checked`, what the look needs. */
  readonly hint?: string;
}
