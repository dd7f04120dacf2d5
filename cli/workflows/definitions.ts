import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
  allPermissions,
  permissionsSchema,
  type Permissions,
  type PermissionsBlock,
} from './permissions.js';
import { readYaml } from './yaml-places.js';

export type InputType = 'string' | 'number' | 'boolean';

/** One of our reusable workflows, as its file says. */
export interface CalledWorkflow {
  /** `terraform-plan` */
  readonly name: string;
  readonly inputs: Readonly<
    Record<
      string,
      { readonly type: InputType; readonly required: boolean; readonly default?: unknown }
    >
  >;
  readonly secrets: Readonly<Record<string, { readonly required: boolean }>>;
  readonly jobs: readonly {
    readonly id: string;
    readonly permissions: Permissions;
    readonly concurrencyGroup?: string;
  }[];
  /** What a caller has to grant: of each scope the most that a job asks for. */
  readonly permissions: Permissions;
  /** Every action that its steps use, `owner/name[/path]@ref`. */
  readonly uses: readonly string[];
}

/** One of our actions, as its `action.yml` says. */
export interface ActionDefinition {
  readonly name: string;
  readonly inputs: Readonly<Record<string, { readonly required: boolean }>>;
}

export interface Definitions {
  readonly workflows: ReadonlyMap<string, CalledWorkflow>;
  readonly actions: ReadonlyMap<string, ActionDefinition>;
  readonly version: string;
}

const callSchema = z.object({
  inputs: z
    .record(
      z.string(),
      z.object({
        type: z.enum(['string', 'number', 'boolean']),
        required: z.boolean().default(false),
        default: z.unknown().optional(),
      }),
    )
    .default({}),
  secrets: z.record(z.string(), z.object({ required: z.boolean().default(false) })).default({}),
});
const workflowSchema = z.object({
  on: z.object({ workflow_call: callSchema.nullable() }),
  permissions: permissionsSchema,
  jobs: z.record(
    z.string(),
    z.object({
      permissions: permissionsSchema.optional(),
      concurrency: z.union([z.string(), z.object({ group: z.string() })]).optional(),
      steps: z.array(z.object({ uses: z.string().optional() })).default([]),
    }),
  ),
});
const actionSchema = z.object({
  inputs: z.record(z.string(), z.object({ required: z.boolean().default(false) })).default({}),
});

/** A reusable workflow; undefined for a file that is none. Throws where its shape is another. */
export function parseCalledWorkflow(name: string, text: string): CalledWorkflow | undefined {
  const data = dataOf(name, text);
  const parsed = workflowSchema.safeParse(data);
  if (!parsed.success) {
    if (!text.includes('workflow_call')) return undefined;
    throw new Error(`${name}: ${z.prettifyError(parsed.error)}`);
  }
  const { on, permissions, jobs } = parsed.data;
  const all = Object.entries(jobs).map(([id, job]) => {
    const group = typeof job.concurrency === 'string' ? job.concurrency : job.concurrency?.group;
    return {
      id,
      permissions: listed(name, job.permissions ?? permissions),
      ...(group === undefined ? {} : { concurrencyGroup: group }),
      uses: job.steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses])),
    };
  });
  return {
    name,
    inputs: on.workflow_call?.inputs ?? {},
    secrets: on.workflow_call?.secrets ?? {},
    jobs: all.map(({ uses: _uses, ...job }) => job),
    permissions: allPermissions(all.map((job) => job.permissions)),
    uses: [...new Set(all.flatMap(({ uses }) => uses))].sort(),
  };
}

/** Our own workflows ask for named scopes, never for all of them. */
function listed(name: string, block: PermissionsBlock): Permissions {
  if (typeof block === 'string') throw new Error(`${name}: "${block}" is no list of permissions`);
  return block;
}

function parseAction(name: string, text: string): ActionDefinition {
  return { name, inputs: actionSchema.parse(dataOf(name, text)).inputs };
}

function dataOf(name: string, text: string): unknown {
  const result = readYaml(name, text);
  if (!result.ok) throw new Error(`${name}: ${result.message}`);
  return result.yaml.data;
}

/**
 * Our workflows and actions as they stand in a directory that is laid out like this repository:
 * `.github/workflows/*.yml`, `actions/<name>/action.yml` and `package.json`.
 */
export async function readDefinitions(directory: string): Promise<Definitions> {
  const workflowDirectory = path.join(directory, '.github', 'workflows');
  const workflows = new Map<string, CalledWorkflow>();
  for (const file of (await readdir(workflowDirectory)).sort()) {
    if (!file.endsWith('.yml')) continue;
    const name = file.slice(0, -'.yml'.length);
    const text = await readFile(path.join(workflowDirectory, file), 'utf8');
    const workflow = parseCalledWorkflow(name, text);
    if (workflow !== undefined) workflows.set(name, workflow);
  }
  const actions = new Map<string, ActionDefinition>();
  for (const name of (await readdir(path.join(directory, 'actions'))).sort()) {
    const file = path.join(directory, 'actions', name, 'action.yml');
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) actions.set(name, parseAction(name, text));
  }
  const manifest = await readFile(path.join(directory, 'package.json'), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(manifest));
  return { workflows, actions, version };
}
