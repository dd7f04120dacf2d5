/** Whether this machine has what a suite needs. */
export type Requirement =
  | { readonly met: true }
  /** `reason` says what is missing, for the list of skipped suites. */
  | { readonly met: false; readonly reason: string };

/**
 * A suite that runs only where its requirement is met; otherwise it is skipped whole, under a title
 * that says why. In CI a suite that is skipped whole fails the run.
 */
export function describeWhere(requirement: Requirement, name: string, body: () => void): void {
  if (requirement.met) describe(name, body);
  else describe.skip(`needs ${requirement.reason}`, body);
}
