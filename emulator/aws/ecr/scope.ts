/** One private registry of ECR: each account has one in each region. */
export interface Scope {
  readonly accountId: string;
  readonly region: string;
}

/** A text that is the same for the same registry. */
export function scopeKey({ accountId, region }: Scope): string {
  return `${accountId}/${region}`;
}

/** The registry's host name at AWS (ECR user guide, "Amazon ECR private registry"). */
export function ecrHost({ accountId, region }: Scope): string {
  return `${accountId}.dkr.ecr.${region}.amazonaws.com`;
}

/** The registry that a host name of AWS means. */
export function scopeOfEcrHost(host: string): Scope | undefined {
  const match = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com$/.exec(host);
  const [, accountId, region] = match ?? [];
  return accountId === undefined || region === undefined ? undefined : { accountId, region };
}

/** ARN of a repository. */
export function repositoryArn({ accountId, region }: Scope, repositoryName: string): string {
  return `arn:aws:ecr:${region}:${accountId}:repository/${repositoryName}`;
}
