import type { Stack } from '../stacks/workspace.js';
import type { ReviewKey } from './marks.js';
import type { IsPublicOutput } from './public-outputs.js';
import type { RecordOptions } from './record-of-plan.js';

/** What is known of stacks besides their plans; the same at the review and at the apply. */
export interface RecordSources {
  readonly keyOf: (environment: string) => Promise<ReviewKey | undefined>;
  /** Globs over `address.attribute` that are not compared. */
  readonly volatile: readonly string[];
  readonly publicOutputsOf: (stack: Stack) => Promise<IsPublicOutput>;
  /** Versions by source address. */
  readonly providersOf: (stack: Stack) => Promise<Readonly<Record<string, string>> | undefined>;
}

/** All that the record of a stack's plan is made of besides the plan. */
export async function recordOptions(stack: Stack, sources: RecordSources): Promise<RecordOptions> {
  const { keyOf, volatile, publicOutputsOf, providersOf } = sources;
  const [key, providers, isPublicOutput] = await Promise.all([
    keyOf(stack.environment),
    providersOf(stack),
    publicOutputsOf(stack),
  ]);
  return {
    ...{ stack, volatile, isPublicOutput },
    ...(key === undefined ? {} : { key }),
    ...(providers === undefined ? {} : { providers }),
  };
}
