/** A gate setting that the checked out commit changes, and that counts after its merge. */
export interface PolicyDifference {
  /** Undefined for a setting of the whole file. */
  readonly environment: string | undefined;
  readonly setting:
    'apply' | 'unreviewed' | 'gate' | 'approvals' | 'prevent-destroy' | 'max-destroys' | 'volatile';
  /** What counts now. */
  readonly base: string;
  /** What the change says. */
  readonly head: string;
}

/** One line for people; its names are untrusted. */
export function differenceText({ environment, setting, base, head }: PolicyDifference): string {
  const of = environment === undefined ? '' : ` of ${environment}`;
  return `${setting}${of}: ${base} → ${head} counts after this merge`;
}
