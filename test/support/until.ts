import { setTimeout as delay } from 'node:timers/promises';

/** Gives way until something has come true, for about a second at most. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !isTrue(); turn += 1) await delay(1);
  expect(isTrue()).toBe(true);
}
