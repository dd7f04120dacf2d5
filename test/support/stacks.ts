import { UserError, type Problem } from '../../actions/shared/errors.js';
import type { Observed } from '../../actions/terraform-layer/plan.js';
import type { Files } from '../../actions/terraform-layer/stacks/files.js';
import { loadWorkspace } from '../../actions/terraform-layer/stacks/load-workspace.js';
import type {
  LoadWorkspaceOptions,
  Workspace,
} from '../../actions/terraform-layer/stacks/workspace.js';

/** A repository as text by path. */
export type Tree = Readonly<Record<string, string>>;

/** Files that exist in memory only. */
export function memoryFiles(tree: Tree): Files {
  return {
    list: (directory) =>
      Object.keys(tree).filter((file) => directory === '.' || file.startsWith(`${directory}/`)),
    read: (file) => (Object.hasOwn(tree, file) ? tree[file] : undefined),
  };
}

/** Loads a tree; `root` is never touched. `onRead` is told of each file that is read. */
export function load(
  tree: Tree,
  options: Partial<Omit<LoadWorkspaceOptions, 'files' | 'root'>> = {},
  onRead: (file: string) => void = () => undefined,
): Promise<Workspace> {
  const files = memoryFiles(tree);
  const read = (file: string): string | undefined => {
    onRead(file);
    return files.read(file);
  };
  return loadWorkspace({ root: '/nowhere', files: { ...files, read }, ...options });
}

/** The problems of a tree that must not load. */
export async function problemsOf(
  tree: Tree,
  options: Partial<Omit<LoadWorkspaceOptions, 'files' | 'root'>> = {},
): Promise<readonly Problem[]> {
  try {
    await load(tree, options);
  } catch (error) {
    if (error instanceof UserError) return error.problems;
    throw error;
  }
  throw new Error('the tree was loaded without a problem');
}

/** `terraform { backend "s3" }` with a key. */
export function s3Backend(key: string, bucket = 'states'): string {
  return `terraform {\n  backend "s3" {\n    bucket = "${bucket}"\n    key    = "${key}"\n  }\n}\n`;
}

/** A `terraform_remote_state` of an S3 state; `key` is HCL between quotes. */
export function s3RemoteState(name: string, key: string, bucket = 'states'): string {
  return (
    `data "terraform_remote_state" "${name}" {\n  backend = "s3"\n  config = {\n` +
    `    bucket = "${bucket}"\n    key    = "${key}"\n    region = "eu-west-1"\n  }\n}\n`
  );
}

/** Edges as `reader -> upstream`, by display id. */
export function arrows(workspace: Workspace): readonly string[] {
  const names = new Map(workspace.stacks.map(({ id, displayId }) => [id, displayId]));
  return workspace.edges.map(
    ({ from, to }) => `${names.get(from) ?? from} -> ${names.get(to) ?? to}`,
  );
}

/** Layers 01-foundation, 02-platform and two services, in each environment. */
export function layeredTree(
  environments: readonly string[] = ['dev', 'staging', 'production'],
): Tree {
  const tree: Record<string, string> = {};
  for (const environment of environments) {
    const add = (directory: string, key: string, main: string): void => {
      const place = `${directory}/environments/${environment}`;
      tree[`${place}/backend.tf`] = s3Backend(`${environment}/${key}.tfstate`);
      tree[`${place}/main.tf`] = `variable "environment" { type = string }\n${main}`;
      tree[`${place}/terraform.tfvars`] = `environment = "${environment}"\n`;
    };
    add('layers/01-foundation', 'foundation', '');
    add(
      'layers/02-platform',
      'platform',
      s3RemoteState('foundation', '${var.environment}/foundation.tfstate'),
    );
    add(
      'layers/04-applications/service-a',
      'service-a',
      s3RemoteState('platform', '${var.environment}/platform.tfstate') +
        s3RemoteState('service_b', '${var.environment}/service-b.tfstate'),
    );
    add(
      'layers/04-applications/service-b',
      'service-b',
      s3RemoteState('platform', '${var.environment}/platform.tfstate'),
    );
  }
  return tree;
}

/** A run that was compared with nothing. */
export function withoutHistory({ config }: Workspace): Observed['history'] {
  return {
    policy: { config, differences: [], unreadable: [] },
    findings: [],
    unpromoted: [],
  };
}
