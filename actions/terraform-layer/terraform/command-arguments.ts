import path from 'node:path';
import { defaultWorkspace } from '../stacks/state-identity.js';
import type { Stack } from '../stacks/workspace.js';
import type { FormerState } from './former-state.js';

/** The workspace and data of a stack: environments that share a directory keep theirs apart. */
export function stackEnvironment(
  stack: Stack,
  former?: FormerState,
): Readonly<Record<string, string>> {
  const { workspace } = former ?? stack;
  return {
    ...(stack.binding === 'directory'
      ? {}
      : { TF_DATA_DIR: path.join('.terraform', `environment-${stack.environment}`) }),
    ...(workspace === undefined ? {} : { TF_WORKSPACE: workspace }),
  };
}

/**
 * `init` looks at the selected workspace, and fails where that is not there yet but others are;
 * `plan` makes it. So `init` selects the one that there always is. HCP Terraform, which may have no
 * `default`, makes the workspace in `init`.
 */
export function initEnvironment({ backend, workspace }: Stack): Readonly<Record<string, string>> {
  const isHcp = backend.type === 'cloud' || backend.type === 'remote';
  return workspace === undefined || isHcp ? {} : { TF_WORKSPACE: defaultWorkspace };
}

export function initArguments(
  stack: Stack,
  root: string,
  locked: boolean,
  former?: FormerState,
): readonly string[] {
  return [
    '-input=false',
    '-json',
    '-no-color',
    // HCP Terraform refuses it; elsewhere it keeps a changed backend from asking to move state.
    ...(stack.backend.type === 'cloud' ? [] : ['-reconfigure']),
    ...(locked ? ['-lockfile=readonly'] : []),
    ...stack.backendConfigFiles.map((file) => `-backend-config=${path.join(root, file)}`),
    ...(former === undefined ? [] : [`-backend-config=${former.backendConfigFile}`]),
  ];
}

/** Where the values of a stack's variables are. */
export interface VariableOptions {
  readonly root: string;
  readonly varFiles: readonly string[];
  readonly variablesFor: (stack: Stack) => Readonly<Record<string, string>>;
}

/**
 * The same for commands that need them only to learn where the state and the modules are; Terraform
 * before 1.15 takes them in no such command. OpenTofu's documentation, "Input Variables on the
 * Command Line".
 */
export function earlyArguments(stack: Stack, options: VariableOptions): readonly string[] {
  return stack.earlyExpressions === undefined ? [] : variableArguments(stack, options);
}

/** Values for the variables of a stack, for every command that evaluates them. */
export function variableArguments(stack: Stack, options: VariableOptions): readonly string[] {
  return [
    ...[...stack.varFiles, ...options.varFiles].map(
      (file) => `-var-file=${path.join(options.root, file)}`,
    ),
    ...Object.entries(options.variablesFor(stack)).map(([name, value]) => `-var=${name}=${value}`),
  ];
}
