import type { Subject } from './subject.js';

/** Where the service runs, and with it its tasks. */
export interface Home {
  /** `aws`, `aws-cn`, … */
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

export function homeOf({ serviceArn }: Pick<Subject, 'serviceArn'>): Home {
  return partsOfArn(serviceArn);
}

/** The parts of `arn:partition:service:region:account:rest` that say where it is, and its rest. */
export function partsOfArn(arn: string): Home & { readonly rest: string } {
  const [, partition = 'aws', , region = '', account = '', ...rest] = arn.split(':');
  return { partition, region, account, rest: rest.join(':') };
}

/**
 * The ARN of a parameter: by its name alone it stands in the service's own region and account
 * (Developer Guide, "Pass Systems Manager parameters through Amazon ECS environment variables").
 */
export function parameterArn({ partition, region, account }: Home, nameOrArn: string): string {
  if (nameOrArn.startsWith('arn:')) return nameOrArn;
  const slash = nameOrArn.startsWith('/') ? '' : '/';
  return `arn:${partition}:ssm:${region}:${account}:parameter${slash}${nameOrArn}`;
}
