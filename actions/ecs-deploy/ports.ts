import type { Clock } from '../shared/clock.js';
import type { Logger } from '../shared/log.js';
import type { Http } from './rollout/smoke-check.js';
import type { PublicRegistries } from './registry/ports.js';
import type { ServiceCounts } from './commands/scale/ports.js';
import type { Schedules } from './tasks/schedules.js';
import type { TaskRunner } from './tasks/ports.js';
import type {
  JsonObject,
  RegisteredDefinition,
  Service,
  ServiceDeployment,
  ServiceDeploymentBrief,
  ServiceLookup,
  ServiceRevision,
  Tag,
  Task,
} from './model.js';
import type { CodeDeploy } from './strategies/code-deploy/ports.js';

/** What a rollout needs of Amazon ECS. */
export interface Ecs {
  lookUpService(cluster: string, service: string): Promise<ServiceLookup>;
  /** Up to 100 names. */
  serviceNames(cluster: string): Promise<readonly string[]>;
  clusterNames(): Promise<readonly string[]>;
  /** A family (its latest active revision), `family:revision`, or an ARN; `undefined`: none. */
  describeTaskDefinition(reference: string): Promise<RegisteredDefinition | undefined>;
  /** Returns the ARN of the new revision. */
  registerTaskDefinition(definition: JsonObject, tags: readonly Tag[]): Promise<string>;
  updateService(request: UpdateServiceRequest): Promise<Service>;
  /** Newest first. */
  listServiceDeployments(
    cluster: string,
    service: string,
    createdAfterMs: number,
  ): Promise<readonly ServiceDeploymentBrief[]>;
  describeServiceDeployment(arn: string): Promise<ServiceDeployment | undefined>;
  /** Rolls it back; @throws OperationError `ConflictException` where it has ended. */
  stopServiceDeployment(arn: string): Promise<void>;
  continueServiceDeployment(request: ContinueRequest): Promise<void>;
  describeServiceRevisions(arns: readonly string[]): Promise<readonly ServiceRevision[]>;
  stoppedTaskArns(cluster: string, service: string): Promise<readonly string[]>;
  /** Of one deployment or task set, by its id; up to 100. */
  runningTaskArns(cluster: string, startedBy: string): Promise<readonly string[]>;
  describeTasks(cluster: string, arns: readonly string[]): Promise<readonly Task[]>;
  tagResource(arn: string, tags: readonly Tag[]): Promise<void>;
}

interface UpdateServiceRequest {
  readonly cluster: string;
  readonly service: string;
  /** Absent: not sent. */
  readonly taskDefinitionArn: string | undefined;
  readonly desiredCount: number | undefined;
  readonly forceNewDeployment: boolean;
  /** Whole, as it is to be; absent: it stays. */
  readonly deploymentConfiguration?: JsonObject | undefined;
}

interface ContinueRequest {
  readonly serviceDeploymentArn: string;
  readonly hookId: string;
  readonly action: 'CONTINUE' | 'ROLLBACK';
}

/** Parameters of SSM's Parameter Store. */
export interface Parameters {
  get(name: string): Promise<string | undefined>;
  put(name: string, value: string): Promise<void>;
  /** Does nothing where there is none of that name. */
  remove(name: string): Promise<void>;
  /** The parameters right below a path, by full name. */
  children(path: string): Promise<ReadonlyMap<string, string>>;
}

/** A repository in Amazon ECR; registry and region default to the caller's. */
export interface Repository {
  readonly name: string;
  readonly registryId?: string;
  readonly region?: string;
}

export interface Images {
  /** `undefined`: there is no such repository. */
  repositoryUri(repository: Repository): Promise<string | undefined>;
  /** The digest of a tag, or of a digest that is there; `undefined`: no such image. */
  findDigest(repository: Repository, image: ImageName): Promise<string | undefined>;
  /** Newest first. */
  newestTags(repository: Repository, limit: number): Promise<readonly string[]>;
  /** Digests of an index's manifests; empty for an image of one platform. */
  platformDigests(repository: Repository, digest: string): Promise<readonly string[]>;
  /** The platforms that an image or index is for; `undefined`: it does not say. */
  platforms(repository: Repository, digest: string): Promise<readonly Platform[] | undefined>;
}

/** As OCI's image specification names them: `linux`, `amd64`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

export type ImageName = { readonly tag: string } | { readonly digest: string };

export interface Logs {
  /** The last lines of a stream, oldest first; empty where the stream does not exist. */
  lastLines(request: LogRequest): Promise<readonly string[]>;
  /**
   * One page of a stream, oldest first, from `token` on (absent: from the start). The same token
   * comes back at the end of what there is; none where the stream does not exist yet.
   */
  linesFrom(
    stream: Omit<LogRequest, 'limit'>,
    token: string | undefined,
  ): Promise<{ readonly lines: readonly string[]; readonly token: string | undefined }>;
}

export interface LogRequest {
  readonly group: string;
  readonly stream: string;
  readonly region: string | undefined;
  readonly limit: number;
}

/** What a task definition and a service refer to, outside of ECS and ECR. */
export interface Lookups {
  /** The trust policy of a role, as JSON; `undefined`: there is no such role. */
  trustPolicy(roleName: string): Promise<string | undefined>;
  /** `undefined`: there is no such secret. Its value is not read. */
  secret(id: string, region: string | undefined): Promise<SecretState | undefined>;
  /** Those of the names, up to 10, that are no parameters. Nothing is decrypted. */
  missingParameters(
    names: readonly string[],
    region: string | undefined,
  ): Promise<readonly string[]>;
  logGroupExists(name: string, region: string | undefined): Promise<boolean>;
  /** Those that exist. */
  subnets(ids: readonly string[]): Promise<readonly InVpc[]>;
  /** Those that exist. */
  securityGroups(ids: readonly string[]): Promise<readonly InVpc[]>;
  targetGroup(arn: string): Promise<TargetGroup | undefined>;
  /** The key of each parameter that is encrypted and not with AWS's own key, by name; up to 50 names. */
  parameterKeys(names: readonly string[], region: string): Promise<ReadonlyMap<string, string>>;
  /** A key of KMS by its id, ARN or alias; `undefined`: there is none. */
  key(id: string, region: string): Promise<Key | undefined>;
  /** A key's own policy, as JSON. */
  keyPolicy(arn: string): Promise<string>;
  /**
   * Which of the actions a role may not do on which of the resources (ARNs or `*`), by its policies.
   * `context` has the values of the real call, by key of a condition.
   */
  denials(request: {
    readonly roleArn: string;
    readonly actions: readonly string[];
    readonly resources: readonly string[];
    readonly context: Readonly<Record<string, string>>;
  }): Promise<readonly Denial[]>;
  /** Whether a secret or a repository of ECR has a policy of its own, which may give rights too. */
  hasOwnPolicy(arn: string): Promise<boolean>;
  /** What the load balancer says of each target of a group that it finds unhealthy. */
  unhealthyTargets(targetGroupArn: string): Promise<readonly string[]>;
}

export interface Key {
  readonly arn: string;
  /** Its policy is AWS's, and lets all of the account by way of the service. */
  readonly isManagedByAws: boolean;
  /** `Enabled`, `Disabled`, `PendingDeletion`, … */
  readonly state: string;
}

export interface SecretState {
  /** Id, ARN or alias of the key that it is encrypted with; absent: AWS's own. */
  readonly keyId?: string | undefined;
  readonly beingDeleted: boolean;
  readonly stages: readonly string[];
  readonly versionIds: readonly string[];
}

export interface Denial {
  readonly action: string;
  readonly resource: string;
  /** A statement denies it; else none allows it. */
  readonly isExplicit: boolean;
  /** Some statement asks for a value that only a real call has. */
  readonly isConditional: boolean;
}

export interface InVpc {
  readonly id: string;
  readonly vpcId: string;
}

export interface TargetGroup {
  /** `HTTP`, `HTTPS`, `TCP`, `TLS`, `UDP`, `TCP_UDP`, … */
  readonly protocol: string | undefined;
  /** `ip`, `instance`, `lambda` or `alb`. */
  readonly targetType: string;
  readonly vpcId: string | undefined;
}

/** The revisions of a family, and who names them. */
export interface Revisions {
  /** ARNs of active revisions, newest first. */
  active(family: string): Promise<readonly string[]>;
  tagKeys(arn: string): Promise<readonly string[]>;
  deregister(arn: string): Promise<void>;
  clusterArns(): Promise<readonly string[]>;
  /** ARNs that the services of a cluster and their deployments name. */
  usedByServices(clusterArn: string): Promise<readonly string[]>;
  /** ARNs that tasks of the family run or are about to run. */
  usedByTasks(clusterArn: string, family: string): Promise<readonly string[]>;
  /** What schedules of EventBridge Scheduler name: ARNs, families, or texts that hold them. */
  usedBySchedules(): Promise<readonly string[]>;
  /** What targets of EventBridge rules on all buses name. */
  usedByRules(clusterArns: readonly string[]): Promise<readonly string[]>;
}

export interface DeployPorts {
  readonly ecs: Ecs;
  readonly parameters: Parameters;
  readonly images: Images;
  readonly registries: PublicRegistries;
  readonly logs: Logs;
  readonly codeDeploy: CodeDeploy;
  readonly lookups: Lookups;
  readonly revisions: Revisions;
  readonly tasks: TaskRunner;
  readonly schedules: Schedules;
  readonly counts: ServiceCounts;
  readonly http: Http;
  /** Takes secrets of this run out of text. */
  readonly redact: (text: string) => string;
  /** Told when a rollout is about to begin; of several services, by each. */
  readonly begun: () => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** Reads a text file of the workspace; `undefined`: not there. */
  readonly readFile: (path: string) => Promise<string | undefined>;
  /** `[0, 1)`. */
  readonly random: () => number;
  /** Aborted when the job is cancelled. */
  readonly signal: AbortSignal;
}
