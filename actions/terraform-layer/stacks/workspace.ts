import type { Env } from '../../shared/env.js';
import type { SourceLocation } from '../../shared/errors.js';
import type { InfraConfig } from '../config/infra-config.js';
import type { ValueMap } from '../hcl/value.js';
import type { Files } from './files.js';

/** How a directory becomes a stack of one environment. */
export type Binding = 'directory' | 'var-file' | 'workspace';

export interface Backend {
  /** `s3`, `local`, `cloud`, `remote`, or any other type as written. */
  readonly type: string;
  /** The block merged with the `-backend-config` files. May hold credentials: never print it. */
  readonly config: ValueMap;
  /** The block; absent where there is none, and Terraform's local state is used. */
  readonly at?: SourceLocation;
}

/** One root module in one environment: one state, one lock. */
export interface Stack {
  /** Stable: the directory, or `directory@environment` where several environments share it. */
  readonly id: string;
  /** Short and unique, for people: `01-foundation/dev`, `service-a/production`. */
  readonly displayId: string;
  /** Without the layer's number: `foundation`, `service-a`. */
  readonly name: string;
  /** `01-foundation`, `04-applications`; absent in layouts without layers. */
  readonly layer?: string;
  readonly environment: string;
  /** Where Terraform runs; relative to the repository's root, `/` separated. */
  readonly directory: string;
  readonly binding: Binding;
  /** For `-var-file`, in order; relative to the root. Files Terraform loads by itself are not here. */
  readonly varFiles: readonly string[];
  /** For `init -backend-config`, in order; relative to the root. */
  readonly backendConfigFiles: readonly string[];
  /** CLI or HCP Terraform workspace to select (`TF_WORKSPACE`); absent: `default`, or the block's. */
  readonly workspace?: string;
  readonly backend: Backend;
  /** Canonical identity of its state, equal for two stacks only where they share one. */
  readonly stateKey: string;
  /** The entry of `infra.yml`'s `stacks`, or the known layout, that it was found by. */
  readonly rule: string;
  /** Directories of the local modules that it calls, at any depth; relative to the root. */
  readonly moduleDirectories: readonly string[];
  /** Files, directories and globs (`policies/*.json`) that its configuration reads. */
  readonly reads: readonly string[];
  /** Absent where there is none. */
  readonly earlyExpressions?: readonly EarlyExpression[];
}

/**
 * An expression that is worked out before any state is read: in the source or version of a module, or
 * in a backend (or what encrypts it). Every command of OpenTofu needs the variables in it.
 */
export interface EarlyExpression {
  readonly of: 'module' | 'backend';
  readonly at: SourceLocation;
}

/** Why one stack comes after another. */
export type EdgeOrigin =
  | {
      readonly kind: 'remote-state' | 'tfe-outputs';
      /** Label of the data block. */
      readonly name: string;
      readonly at: SourceLocation;
      /** Names of the outputs that are used; absent where they cannot be told apart. */
      readonly outputs?: readonly string[];
      /** By which the state is read, where that is not the upstream's own key but an alias. */
      readonly stateKey?: string;
    }
  | {
      readonly kind: 'after';
      /** The entry that matched. */
      readonly name: string;
      readonly at: SourceLocation;
    };

/** `from` reads, or comes after, `to`; both are stack ids. One edge a pair, with every origin. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly origins: readonly EdgeOrigin[];
}

/** Everything known about a repository before Terraform runs. */
export interface Workspace {
  readonly config: InfraConfig;
  /** Relative to the repository's root, `.` for the root itself. */
  readonly directory: string;
  /** Sorted by environment in promotion order, then by id. */
  readonly stacks: readonly Stack[];
  /** Sorted by `from`, then `to`; between stacks only (promotion order is in `config`). */
  readonly edges: readonly Edge[];
}

export interface LoadWorkspaceOptions {
  /** Absolute path of the repository's root; every path in the result is relative to it. */
  readonly root: string;
  /** Where the stacks are, relative to the root; default `.`. */
  readonly directory?: string;
  /** `infra.yml`, relative to the root; default: `infra.yml` or `infra.yaml` in `directory`. */
  readonly configPath?: string;
  /** Values as with `-var`, which win over var files. */
  readonly variables?: Readonly<Record<string, string>>;
  /** As with `-var-file`, after the stack's own; relative to the root. One may not be there. */
  readonly varFiles?: readonly string[];
  /** Default: the disk below `root`. */
  readonly files?: Files;
  /** Where `TF_VAR_…` and HCP Terraform's organization and host are; default: the process's own. */
  readonly env?: Env;
}
