/** A container image reference taken apart: `[host/]repository[:tag][@digest]`. */
export interface ImageReference {
  /** Absent for Docker Hub's short form. */
  readonly host: string | undefined;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

// The grammar of the OCI distribution specification ("Pulling manifests") and Docker's rule that
// a first segment with a dot, a port, or `localhost` is a host.
const segment = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const pattern = new RegExp(
  '^(?:(?<host>localhost(?::\\d+)?|[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+(?::\\d+)?|[A-Za-z0-9-]+:\\d+)/)?' +
    `(?<repository>${segment}(?:/${segment})*)` +
    '(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$',
);

export const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** `undefined` where the text is no image reference. */
export function parseImageReference(text: string): ImageReference | undefined {
  const groups = pattern.exec(text)?.groups;
  const repository = groups?.['repository'];
  if (groups === undefined || repository === undefined) return undefined;
  return {
    host: groups['host'],
    repository,
    tag: groups['tag'],
    digest: groups['digest'],
  };
}

/** `host/repository`, without tag and digest. */
export function repositoryUri(reference: ImageReference): string {
  return reference.host === undefined
    ? reference.repository
    : `${reference.host}/${reference.repository}`;
}

export function formatImageReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${repositoryUri(reference)}${tag}${digest}`;
}
