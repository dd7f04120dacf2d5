/** What the Lambda function of a lifecycle hook answers: the emulator never runs one. */
export interface HookFate {
  /** Answers of IN_PROGRESS before the last one. */
  readonly inProgress: number;
  /** `never`: it answers IN_PROGRESS until the hook times out. */
  readonly then: 'SUCCEEDED' | 'FAILED' | 'never';
}

/** The fates of hooks, for messages. */
export const HOOK_FATE_SYNTAX =
  'succeeded, failed, never, in-progress:<times>, in-progress:<times>:failed';

/** Reads a fate; undefined when it is none of `HOOK_FATE_SYNTAX`. */
export function parseHookFate(text: string): HookFate | undefined {
  switch (text) {
    case 'succeeded':
      return { inProgress: 0, then: 'SUCCEEDED' };
    case 'failed':
      return { inProgress: 0, then: 'FAILED' };
    case 'never':
      return { inProgress: 0, then: 'never' };
    default: {
      const parts = /^in-progress:(\d+)(:failed)?$/.exec(text);
      if (!parts) return undefined;
      return { inProgress: Number(parts[1]), then: parts[2] ? 'FAILED' : 'SUCCEEDED' };
    }
  }
}

// In a name the parts are joined by dashes: `check-fate-in-progress-2-failed`.
const NAMED_FATE =
  /(?:^|[^a-z0-9])fate-(succeeded|failed|never|in-progress-\d+(?:-failed)?)(?![a-z0-9])/;

/** The fate that was set for a function, else the `fate-…` in its name, else success. */
export function hookFateOf(set: ReadonlyMap<string, HookFate>, arn: string): HookFate {
  const name = NAMED_FATE.exec(arn.slice(arn.lastIndexOf(':') + 1))?.[1];
  const named = name?.replace(/-(?=\d)/, ':').replace(/(?<=\d)-/, ':');
  return set.get(arn) ?? parseHookFate(named ?? '') ?? { inProgress: 0, then: 'SUCCEEDED' };
}
