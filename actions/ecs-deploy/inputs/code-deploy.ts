import type { InputReader } from '../../shared/inputs.js';

/** What to do while the deployment group is busy with another deployment. */
export type IfBusy = 'wait' | 'end-termination' | 'fail';

/** How a service of CodeDeploy is deployed. */
export interface CodeDeployInputs {
  /** Absent: the contract's, or the one that names the service. */
  readonly application: string | undefined;
  readonly deploymentGroup: string | undefined;
  /** Absent: the deployment group's. */
  readonly config: string | undefined;
  /** Path of the file; absent: one is made. */
  readonly appSpec: string | undefined;
  readonly ifBusy: IfBusy;
  readonly waitForTermination: boolean;
}

export function readCodeDeploy(reader: InputReader): CodeDeployInputs {
  const appSpec = reader.text('appspec');
  if (appSpec !== undefined && !/\.(json|ya?ml)$/.test(appSpec)) {
    reader.problem(
      'appspec',
      'input-malformed',
      `${JSON.stringify(appSpec)} is no .json, .yaml or .yml file`,
    );
  }
  return {
    application: reader.text('codedeploy-application'),
    deploymentGroup: reader.text('codedeploy-deployment-group'),
    config: reader.text('codedeploy-config'),
    appSpec,
    ifBusy: reader.oneOf('if-busy', ['wait', 'end-termination', 'fail'], 'wait'),
    waitForTermination: reader.boolean('wait-for-termination', false),
  };
}
