import { createHash } from 'node:crypto';
import path from 'node:path/posix';
import {
  asString,
  firstUnknown,
  isMap,
  member,
  Unknown,
  type Evaluated,
  type EvaluatedMap,
} from '../hcl/value.js';

/** Which state a backend configuration names. */
export type StateIdentity =
  | { readonly ok: true; readonly key: string }
  | {
      readonly ok: false;
      /** Attribute that is missing or not known, `workspaces.name`. */
      readonly attribute: string;
      readonly unknown?: Unknown;
    };

/** `terraform.workspace` where none is selected. */
export const defaultWorkspace = 'default';

/**
 * The state that `type` and `config` name in a workspace; equal keys are one state. Paths of the
 * local backend are relative to `directory`. Formats: Terraform's backend documentation (`s3`:
 * `workspace_key_prefix/workspace/key`; `local`: `workspace_dir/workspace/terraform.tfstate`).
 * Backends not known by name are compared by all their settings, as a digest: these may hold
 * credentials.
 */
export function stateIdentity(
  type: string,
  config: EvaluatedMap,
  workspace: string,
  directory: string,
): StateIdentity {
  const reader = new ConfigReader(config);
  const own = workspace === defaultWorkspace ? undefined : workspace;
  switch (type) {
    case 's3': {
      const bucket = reader.required('bucket');
      const key = reader.required('key');
      const prefix =
        own === undefined ? '' : `${reader.optional('workspace_key_prefix', 'env:')}/${own}/`;
      return reader.result(`s3://${bucket}/${prefix}${key}`);
    }
    case 'local': {
      const file =
        own === undefined
          ? reader.optional('path', 'terraform.tfstate')
          : `${reader.optional('workspace_dir', 'terraform.tfstate.d')}/${own}/terraform.tfstate`;
      return reader.result(`local:${path.isAbsolute(file) ? file : path.join(directory, file)}`);
    }
    case 'cloud':
    case 'remote': {
      const host = reader.optional('hostname', 'app.terraform.io');
      const organization = reader.required('organization');
      const name = reader.workspaceName(own);
      return reader.result(cloudKey(host, organization, name));
    }
    case 'gcs': {
      const bucket = reader.required('bucket');
      const prefix = reader.optional('prefix', '');
      return reader.result(`gcs://${path.join(bucket, prefix, `${workspace}.tfstate`)}`);
    }
    case 'azurerm': {
      const account = reader.optional('storage_account_name', '');
      const container = reader.required('container_name');
      const key = reader.required('key');
      return reader.result(
        `azurerm://${account}/${container}/${key}${own === undefined ? '' : `env:${own}`}`,
      );
    }
    default:
      return digestIdentity(type, config, workspace);
  }
}

/** Key of an HCP Terraform workspace. */
export function cloudKey(host: string, organization: string, workspace: string): string {
  return `cloud://${host}/${organization}/${workspace}`;
}

function digestIdentity(type: string, config: EvaluatedMap, workspace: string): StateIdentity {
  const unknown = firstUnknown(config);
  if (unknown !== undefined) {
    const attribute = Object.keys(config).find((name) => firstUnknown(config[name] ?? null));
    return { ok: false, attribute: attribute ?? 'config', unknown };
  }
  const entries = Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHash('sha256')
    .update(JSON.stringify([workspace, entries]))
    .digest('hex');
  return { ok: true, key: `${type}:${digest.slice(0, 16)}` };
}

/** Reads settings and remembers the first that is missing or unknown. */
class ConfigReader {
  readonly #config: EvaluatedMap;
  #failure: { readonly attribute: string; readonly unknown?: Unknown } | undefined;

  constructor(config: EvaluatedMap) {
    this.#config = config;
  }

  required(name: string): string {
    return this.#text(this.#config, name, name) ?? this.#fail(name);
  }

  optional(name: string, fallback: string): string {
    return this.#text(this.#config, name, name) ?? fallback;
  }

  /** `workspaces.name`, or `prefix` and the selected workspace; `name` alone may come selected. */
  workspaceName(selected: string | undefined): string {
    const workspaces = member(this.#config, 'workspaces') ?? null;
    if (workspaces instanceof Unknown) return this.#fail('workspaces', workspaces);
    const map = isMap(workspaces) ? workspaces : {};
    const name = this.#text(map, 'name', 'workspaces.name');
    if (name !== undefined) return name;
    const prefix = this.#text(map, 'prefix', 'workspaces.prefix') ?? '';
    return selected === undefined ? this.#fail('workspaces.name') : prefix + selected;
  }

  result(key: string): StateIdentity {
    return this.#failure === undefined ? { ok: true, key } : { ok: false, ...this.#failure };
  }

  #text(map: EvaluatedMap, name: string, label: string): string | undefined {
    const value: Evaluated = member(map, name) ?? null;
    if (value instanceof Unknown) {
      this.#fail(label, value);
      return '';
    }
    return value === null ? undefined : asString(value);
  }

  #fail(attribute: string, unknown?: Unknown): string {
    this.#failure ??= unknown === undefined ? { attribute } : { attribute, unknown };
    return '';
  }
}

/**
 * Whether a state lies where notes can stand beside it and an apply may move it: other backends are
 * reached through Terraform alone.
 */
export function isWithinReach({
  backend: { type },
}: {
  readonly backend: { readonly type: string };
}): boolean {
  return type === 's3' || type === 'local';
}
