import type { Problem } from '../../shared/errors.js';
import type { BuildSource } from '../inputs/source.js';

/** What an engine can do beyond building one image and pushing it. */
export interface Abilities {
  readonly secrets: boolean;
  readonly ssh: boolean;
  readonly severalPlatforms: boolean;
  /** Provenance and SBOM. */
  readonly attestations: boolean;
  /** Kinds of caches, by the `type=` that Docker gives them. */
  readonly cacheFrom: 'any' | readonly CacheKind[];
  readonly cacheTo: 'any' | readonly CacheKind[];
}

export type CacheKind = 'registry' | 'inline';

/** A cache as `cache-from` and `cache-to` name it; a bare name is one in a registry. */
export interface CacheSpec {
  readonly type: string;
  readonly ref: string | undefined;
  /** As it was written. */
  readonly text: string;
}

/** Docker docs, "Cache storage backends": `type=…,key=value,…`, or the name of an image. */
export function parseCache(text: string): CacheSpec {
  if (!/^[a-z]+=/.test(text)) return { type: 'registry', ref: text, text };
  const fields = new Map(
    text.split(',').map((field): [string, string] => {
      const at = field.indexOf('=');
      return at === -1 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)];
    }),
  );
  return { type: fields.get('type') ?? '', ref: fields.get('ref'), text };
}

/** The names of the caches in registries, for engines that take nothing else. */
export function registryCaches(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => {
    const { type, ref } = parseCache(text);
    return type === 'registry' && ref !== undefined ? [ref] : [];
  });
}

/** Everything that the build asks for and the engine cannot do: code `engine-cannot`. */
export function engineProblems(
  engine: { readonly description: string; readonly abilities: Abilities },
  source: BuildSource,
): readonly Problem[] {
  const { abilities } = engine;
  const problem = (input: string, what: string): Problem => ({
    code: 'engine-cannot',
    message: `${engine.description} cannot ${what}`,
    at: { input },
    hint: 'docker with buildx and a builder of its own can (docker/setup-buildx-action sets both up); or leave this input out',
  });
  const uses = (allowed: Abilities['cacheFrom'], { type, ref }: CacheSpec): boolean =>
    allowed === 'any' ||
    (allowed.some((kind) => kind === type) && (type !== 'registry' || ref !== undefined));
  const caches = (input: 'cache-from' | 'cache-to', texts: readonly string[]): readonly Problem[] =>
    texts
      .map(parseCache)
      .filter(
        (cache) => !uses(input === 'cache-from' ? abilities.cacheFrom : abilities.cacheTo, cache),
      )
      .map(({ text }) => problem(input, `use the cache ${JSON.stringify(text)}`));
  return [
    ...(source.secrets.length > 0 && !abilities.secrets
      ? [problem('secrets', 'mount secrets in a build')]
      : []),
    ...(source.ssh.length > 0 && !abilities.ssh ? [problem('ssh', 'use ssh in a build')] : []),
    ...(source.platforms.length > 1 && !abilities.severalPlatforms
      ? [problem('platforms', 'build for several platforms at once')]
      : []),
    ...(source.provenance && !abilities.attestations
      ? [problem('provenance', 'attest where an image comes from')]
      : []),
    ...(source.sbom && !abilities.attestations
      ? [problem('sbom', 'attest what is in an image')]
      : []),
    ...caches('cache-from', source.cacheFrom),
    ...caches('cache-to', source.cacheTo),
  ];
}
