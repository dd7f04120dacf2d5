import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `condition` holds. @throws Error after half a minute */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const until = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > until) throw new Error('it did not happen within 30 s');
    await delay(100);
  }
}

/** Fetches a text, from a server that takes a moment to listen. */
export async function answerOf(url: string): Promise<string> {
  let text = '';
  await eventually(async () => {
    text = await fetch(url).then(
      (response) => response.text(),
      () => '',
    );
    return text !== '';
  });
  return text;
}
