import { brokenOff } from '../shared/notify/cause.js';
import type { Notice } from '../shared/notify/notice.js';
import type { Inputs } from './inputs.js';

/**
 * What a chat is told of a push or a promotion that failed; `undefined` for what is not told. An
 * image that was pushed is no news: its rollout is. Pure.
 */
export function failing(
  inputs: Inputs,
  thrown: unknown,
  end: { readonly cancelled: boolean },
): Notice | undefined {
  if (inputs.command === 'login' || inputs.dryRun) return undefined;
  const names = inputs.repositories.map(({ name }) => name).join(', ');
  const what = inputs.command === 'promote' ? 'promotion' : 'push';
  return brokenOff(`${what} of ${names}`, thrown, end);
}
