/** Where a token is to be had, as a registry says with status 401. */
export interface BearerChallenge {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scope: string | undefined;
}

/**
 * Reads the header `WWW-Authenticate` (Distribution registry, "Token authentication specification");
 * `undefined` where it asks for something else than a token, or for one from a place that is not to
 * be asked (`mayAsk`).
 *
 * @param isLocal the registry itself is on this machine
 */
export function parseChallenge(
  header: string | null,
  isLocal: boolean,
): BearerChallenge | undefined {
  const fields = /^Bearer\s+(?<fields>.*)$/i.exec(header ?? '')?.groups?.['fields'];
  if (fields === undefined) return undefined;
  const values = new Map(
    [...fields.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const realm = urlOf(values.get('realm'));
  if (realm === undefined) return undefined;
  return mayAsk(realm, isLocal)
    ? { realm, service: values.get('service'), scope: values.get('scope') }
    : undefined;
}

/**
 * Whether an address that a registry names may be asked: by HTTPS, or on this machine where the
 * registry itself is there. Plain HTTP could reach what only this network can, such as the
 * metadata of an instance.
 */
export function mayAsk(url: URL, isLocal: boolean): boolean {
  return url.protocol === 'https:' || (isLocal && isLocalHost(url.hostname));
}

/** Registries of this machine are spoken to by plain HTTP, as container engines do. */
export function isLocalHost(hostname: string): boolean {
  return hostname === 'localhost' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function urlOf(text: string | undefined): URL | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}
