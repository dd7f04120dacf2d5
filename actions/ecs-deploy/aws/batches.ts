import DataLoader from 'dataloader';

/** Asks for many things at once; the answers come in the order of the keys. */
export type AskAll<K, V> = (keys: readonly K[]) => Promise<readonly (V | Error)[]>;

/**
 * Puts questions together that are asked at about the same time, so that many services that are
 * followed side by side cost few calls. Nothing is remembered: each question is asked anew.
 *
 * @param most how many the API takes at once
 * @param windowMs how long the first question waits for others
 */
export function batched<K, V>(
  askAll: AskAll<K, V>,
  { most, windowMs }: { readonly most: number; readonly windowMs: number },
): (key: K) => Promise<V> {
  const loader = new DataLoader<K, V>(askAll, {
    cache: false,
    maxBatchSize: most,
    batchScheduleFn: (run) => setTimeout(run, windowMs),
  });
  return (key) => loader.load(key);
}
