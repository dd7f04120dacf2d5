/**
 * Labels that say where an image comes from, under the names of the OCI image specification
 * ("Annotations"). `created` is an RFC 3339 time.
 */
export function originLabels(origin: {
  readonly source: string | undefined;
  readonly revision: string | undefined;
  readonly created: string;
}): Readonly<Record<string, string>> {
  return {
    ...(origin.source === undefined ? {} : { 'org.opencontainers.image.source': origin.source }),
    ...(origin.revision === undefined
      ? {}
      : { 'org.opencontainers.image.revision': origin.revision }),
    'org.opencontainers.image.created': origin.created,
  };
}
