import type {
  CodeDeployment,
  CodeDeployTarget,
  CreatedDeployment,
  DeploymentGroup,
  TrafficRouting,
} from './model.js';

/** What a blue/green deployment needs of AWS CodeDeploy. */
export interface CodeDeploy {
  applicationNames(): Promise<readonly string[]>;
  /** `undefined`: there is no such application. */
  groupNames(application: string): Promise<readonly string[] | undefined>;
  describeGroup(
    application: string,
    name: string,
  ): Promise<DeploymentGroup | 'application-missing' | 'group-missing'>;
  /** Those of the names that exist and deploy ECS services. */
  describeGroups(
    application: string,
    names: readonly string[],
  ): Promise<readonly DeploymentGroup[]>;
  create(request: CreateDeploymentRequest): Promise<CreatedDeployment>;
  /** `undefined`: there is no such deployment. */
  describe(id: string): Promise<CodeDeployment | undefined>;
  /** `undefined`: not there yet. */
  describeTarget(id: string): Promise<CodeDeployTarget | undefined>;
  /** Ids of the group's deployments, active ones or those created since; newest first. */
  list(
    application: string,
    group: string,
    which: { readonly active: true } | { readonly createdAfterMs: number },
  ): Promise<readonly string[]>;
  /** Deployments that succeeded since, rollbacks among them; newest first. */
  succeeded(
    application: string,
    group: string,
    createdAfterMs: number,
  ): Promise<readonly CodeDeployment[]>;
  /** Of a deployment configuration, by its name. */
  routing(config: string): Promise<TrafficRouting>;
  /** Stops and rolls back; `false`: it had ended already. */
  stop(id: string): Promise<boolean>;
  /** Ends the wait that the deployment is in; `false`: it is in no such wait. */
  continue(id: string, wait: 'READY_WAIT' | 'TERMINATION_WAIT'): Promise<boolean>;
}

export interface CreateDeploymentRequest {
  readonly application: string;
  readonly group: string;
  /** Absent: the group's. */
  readonly config: string | undefined;
  /** YAML or JSON. */
  readonly appSpec: string;
  /** At most 256 characters. */
  readonly description: string;
}
