/** A private Amazon ECR registry, as its host name says. */
export interface EcrHost {
  readonly registryId: string;
  readonly region: string;
}

/** ECR user guide, "Private registry": `<account>.dkr.ecr.<region>.amazonaws.com`. */
export function parseEcrHost(host: string): EcrHost | undefined {
  const match =
    /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/.exec(
      host,
    );
  const [, registryId, region] = match ?? [];
  return registryId === undefined || region === undefined ? undefined : { registryId, region };
}
