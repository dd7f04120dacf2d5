import { hclQuoted } from '../hcl/quoted-text.js';
import { placeholderName } from './planned-state.js';

/** A data block that reads a state, its attributes as they are written. */
export interface ReaderBlock {
  readonly name: string;
  readonly backend: string;
  readonly config: string | undefined;
  readonly workspace: string | undefined;
}

/** What is read instead of a state. */
export interface StandIn {
  /** Identity of the state, as `keyExpression` makes it. */
  readonly key: string;
  /** Absolute path of a state file; undefined where its outputs are not known. */
  readonly file: string | undefined;
}

/**
 * The identity of a state (`stateIdentity`) as an expression over its backend's settings: the same
 * block, in a module that several call, reads several states. `local` paths become absolute.
 */
const keyExpressions: Readonly<Record<string, (config: string, workspace: string) => string>> = {
  s3: (config, workspace) =>
    `"s3://\${${config}.bucket}/\${${workspace} == "default" ? "" : "\${${optional(config, 'workspace_key_prefix', 'env:')}}/\${${workspace}}/"}\${${config}.key}"`,
  local: (config, workspace) =>
    `"local:\${abspath(${workspace} == "default" ? ${optional(config, 'path', 'terraform.tfstate')} : "\${${optional(config, 'workspace_dir', 'terraform.tfstate.d')}}/\${${workspace}}/terraform.tfstate")}"`,
  gcs: (config, workspace) =>
    `join("/", ["gcs:/", ${config}.bucket, trim("\${${optionalOrEmpty(config, 'prefix')}}/\${${workspace}}.tfstate", "/")])`,
  azurerm: (config, workspace) =>
    `"azurerm://\${${optionalOrEmpty(config, 'storage_account_name')}}/\${${config}.container_name}/\${${config}.key}\${${workspace} == "default" ? "" : "env:\${${workspace}}"}"`,
  remote: (config, workspace) => {
    const workspaces = `try(tomap(${config}.workspaces), tomap(${config}.workspaces[0]))`;
    return `"cloud://\${${optional(config, 'hostname', 'app.terraform.io')}}/\${${config}.organization}/\${try(coalesce(${workspaces}["name"]), "\${try(coalesce(${workspaces}["prefix"]), "")}\${${workspace}}")}"`;
  },
};

/**
 * An expression for the identity of the state that a block reads; empty where its backend is none
 * whose states can have stand-ins. The parameters are expressions.
 */
export function keyExpression(backend: string, config = '{}', workspace = 'null'): string {
  const settings = `(\n${config}\n)`;
  const selected = `coalesce((\n${workspace}\n), "default")`;
  const keys = Object.entries(keyExpressions).map(
    ([type, key]) => `${type} = try(${key(settings, selected)}, "")`,
  );
  return `lookup({\n${keys.join('\n')}\n}, (\n${backend}\n), "")`;
}

/** Whether a state of this identity can have a stand-in. */
export function canStandIn(stateKey: string): boolean {
  return /^(?:s3|gcs|azurerm|cloud):\/\/|^local:/.test(stateKey);
}

/** Which states of a module have stand-ins, and the value that no plan knows. Not an override. */
export function standInFile(standIns: readonly StandIn[]): string {
  const unknown = standIns.some(({ file }) => file === undefined);
  return [
    'locals {',
    `  ${placeholderName}_keys = [${standIns.map(({ key }) => hclQuoted(key)).join(', ')}]`,
    `  ${placeholderName} = {`,
    ...standIns.map(
      ({ key, file }) =>
        `    ${hclQuoted(key)} = jsonencode({ path = ${file === undefined ? `terraform_data.${placeholderName}.output` : hclQuoted(file)} })`,
    ),
    '  }',
    '}',
    ...(unknown
      ? [`resource "terraform_data" "${placeholderName}" {`, '  input = timestamp()', '}']
      : []),
    '',
  ].join('\n');
}

/**
 * Makes blocks read their stand-ins, and their own state where there is none. `defaults` stays as
 * it is written: it holds for a stand-in as for the state.
 */
export function overrideFile(blocks: readonly ReaderBlock[]): string {
  return blocks
    .map(({ name, backend, config = '{}', workspace = 'null' }) => {
      const key = keyExpression(backend, config, workspace);
      const stands = `contains(local.${placeholderName}_keys, ${key})`;
      return [
        `data "terraform_remote_state" ${hclQuoted(name)} {`,
        `  backend = ${stands} ? "local" : (\n${backend}\n)`,
        `  workspace = ${stands} ? "default" : (\n${workspace}\n)`,
        // Text on both sides, since the settings of two backends have no type in common.
        `  config = jsondecode(lookup(local.${placeholderName}, ${key}, jsonencode((\n${config}\n))))`,
        '}',
        '',
      ].join('\n');
    })
    .join('\n');
}

function optional(config: string, name: string, fallback: string): string {
  return `try(coalesce(${config}.${name}), "${fallback}")`;
}

function optionalOrEmpty(config: string, name: string): string {
  return optional(config, name, '');
}
