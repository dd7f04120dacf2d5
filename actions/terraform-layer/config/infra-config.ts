import type { SourceLocation } from '../../shared/errors.js';

/** What happens to a stack's changes after merge: applied, applied behind the gate, or only shown. */
export type ApplyPolicy = 'auto' | 'approval' | 'never';

/** What a plan may not destroy without being allowed by name. */
export interface Guards {
  /** Globs over resource types and addresses. */
  readonly preventDestroy: readonly string[];
  /** Resources that one stack may lose in one apply; a replaced one counts. */
  readonly maxDestroys: number;
}

/** One environment of `infra.yml`, or of a known layout, with every default filled in. */
export interface EnvironmentConfig {
  readonly name: string;
  readonly apply: ApplyPolicy;
  /** Environments that are applied before this one. */
  readonly after: readonly string[];
  /** `after` as `infra.yml` spells it out: each of these gets a change first. */
  readonly promotedFrom?: readonly string[];
  /** What to do with a change that no review has seen. */
  readonly unreviewed: 'stop' | 'allow';
  readonly region?: string;
  /** ARN of the role that plans and detects drift. */
  readonly planRole?: string;
  /** ARN of the role that applies. */
  readonly applyRole?: string;
  /** KMS key that keys the digests of review records; absent: sensitive values are not compared. */
  readonly reviewKey?: string;
  /** What stands before an apply where `apply` is `approval`. */
  readonly gate: 'environment' | 'reviews' | 'dispatch';
  /** Approving reviews that `gate: reviews` asks for. */
  readonly approvals: number;
  readonly guards: Guards;
  /** Terraform variables by the place their values come from (`ssm:…`, `secretsmanager:…`). */
  readonly variables: Readonly<Record<string, string>>;
  /** Where `infra.yml` says so, by variable. */
  readonly variablePlaces?: Readonly<Record<string, SourceLocation>>;
  /** Whether stacks of other environments may read its state (`global/` of a per-environment tree). */
  readonly shared: boolean;
  /** Other names of this environment in state names, `prod` for `production`. */
  readonly stateNameAliases: readonly string[];
}

/** One entry of `stacks:`. */
export interface StackRule {
  /** Directory pattern relative to the working directory, `{name}` captures one path segment. */
  readonly path: string;
  /** Layers, stack names or display ids (globs) that every stack of this rule comes after. */
  readonly after: readonly { readonly name: string; readonly at: SourceLocation }[];
  /** Var files relative to the stack's directory; `{environment}` and captures are filled in. */
  readonly varFiles: readonly string[];
  /** Files for `-backend-config`, relative to the stack's directory, with captures filled in. */
  readonly backendConfigFiles: readonly string[];
  /** CLI workspace to select, with captures filled in. */
  readonly workspace?: string;
  /** Former directory patterns, over the same captures. */
  readonly movedFrom: readonly string[];
}

/** `infra.yml` after validation, or the defaults where there is none. */
export interface InfraConfig {
  readonly version: 1;
  readonly project?: string;
  /** In promotion order: an environment stands behind those it is `after`. */
  readonly environments: readonly EnvironmentConfig[];
  /** Empty: the known layouts are tried. */
  readonly stacks: readonly StackRule[];
  /** Template of HCP Terraform workspace names, over `{stack}`, `{environment}` and captures. */
  readonly stateName: string;
  /** Globs over state keys (`s3://bucket/key`) of states that other repositories own. */
  readonly externalStates: readonly string[];
  /** `deny`: a stack reads the state of the foundation only, never a sibling's. */
  readonly siblingState: 'allow' | 'deny';
  /** Globs over `address.attribute` that a review does not compare. */
  readonly volatile: readonly string[];
  /** Globs over layer and stack names: what counts as foundation where `siblingState` is `deny`. */
  readonly foundation: readonly string[];
  /** Path of the file, relative to the repository's root; absent where there is none. */
  readonly file?: string;
}
