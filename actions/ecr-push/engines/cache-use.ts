/** How much of a build came from caches. */
export interface CacheUse {
  readonly cachedSteps: number;
  readonly steps: number;
}

/** Reads it from BuildKit's plain progress: `#5 [2/3] COPY …`, and `#5 CACHED` for some. */
export function buildKitCacheUse(output: string): CacheUse | undefined {
  const steps = new Set<string>();
  const cached = new Set<string>();
  for (const line of output.split('\n')) {
    const [, id, rest = ''] = /^(#\d+) (.*)$/.exec(line.trim()) ?? [];
    if (id === undefined) continue;
    // `[internal] …` and `[auth] …` are no steps of the Dockerfile.
    if (/^\[(?!internal|auth)[^\]]*\d+\/\d+\]/.test(rest)) steps.add(id);
    if (rest === 'CACHED') cached.add(id);
  }
  const cachedSteps = [...cached].filter((id) => steps.has(id)).length;
  return steps.size === 0 ? undefined : { cachedSteps, steps: steps.size };
}

/** Reads it from the lines that podman, buildah and the classic builder print. */
export function layerCacheUse(output: string): CacheUse | undefined {
  let steps = 0;
  let cachedSteps = 0;
  for (const line of output.split('\n')) {
    if (/^(\[[^\]]*\] )?STEP \d+\/\d+: |^Step \d+\/\d+ : /i.test(line)) steps += 1;
    if (/^ *-+> Using cache/.test(line)) cachedSteps += 1;
  }
  return steps === 0 ? undefined : { cachedSteps, steps };
}
