import { z } from 'zod';
import { permissionsSchema, type PermissionsBlock } from './permissions.js';
import type { YamlFile } from './yaml-places.js';

/** Where a `uses:` leads, if it leads to us; `infra-actions` of whichever owner. */
export type OwnReference =
  | {
      readonly kind: 'workflow';
      readonly owner: string;
      readonly name: string;
      readonly ref: string;
    }
  | {
      readonly kind: 'action';
      readonly owner: string;
      readonly name: string;
      readonly ref: string;
    };

export interface UsedStep {
  readonly index: number;
  readonly uses: string;
  readonly with: Readonly<Record<string, unknown>>;
}

/** One job of somebody's workflow. */
export interface WorkflowJob {
  readonly id: string;
  /** The name that checks are called by. */
  readonly name: string;
  readonly uses?: string;
  readonly with: Readonly<Record<string, unknown>>;
  readonly secrets: 'inherit' | Readonly<Record<string, unknown>>;
  /** Its own, else the workflow's, else undefined: the repository's setting decides. */
  readonly permissions?: PermissionsBlock;
  readonly concurrencyGroup?: string;
  readonly condition?: string;
  /** Every key of the job, as written. */
  readonly keys: readonly string[];
  readonly steps: readonly UsedStep[];
}

/** Somebody's workflow, as far as it matters to what it calls. */
export interface WorkflowFile {
  readonly yaml: YamlFile;
  /** Its `name:`, else its path, as `github.workflow` has it. */
  readonly name: string;
  /** Event → its settings; null where it has none. */
  readonly triggers: ReadonlyMap<string, unknown>;
  readonly concurrencyGroup?: string;
  readonly jobs: readonly WorkflowJob[];
}

const values = z.record(z.string(), z.unknown()).nullish();
const concurrency = z.union([z.string(), z.object({ group: z.string() })]).optional();
const jobSchema = z.looseObject({
  name: z.string().optional(),
  uses: z.string().optional(),
  with: values,
  secrets: z.union([z.literal('inherit'), values]),
  permissions: permissionsSchema.optional(),
  concurrency,
  if: z.union([z.string(), z.boolean()]).optional(),
  steps: z.array(z.object({ uses: z.string().optional(), with: values })).optional(),
});
const fileSchema = z.object({
  name: z.string().optional(),
  on: z.union([z.string(), z.array(z.string()), z.record(z.string(), z.unknown())]),
  permissions: permissionsSchema.optional(),
  concurrency,
  jobs: z.record(z.string(), jobSchema),
});

/** What is read of a workflow; undefined where it is none that GitHub would take. */
export function parseWorkflowFile(yaml: YamlFile): WorkflowFile | undefined {
  const parsed = fileSchema.safeParse(yaml.data);
  if (!parsed.success) return undefined;
  const { name, on, permissions, jobs } = parsed.data;
  const group = groupOf(parsed.data.concurrency);
  return {
    yaml,
    name: name ?? yaml.file,
    triggers: triggersOf(on),
    ...(group === undefined ? {} : { concurrencyGroup: group }),
    jobs: Object.entries(jobs).map(([id, job]) => {
      const granted = job.permissions ?? permissions;
      const jobGroup = groupOf(job.concurrency);
      return {
        id,
        name: job.name ?? id,
        ...(job.uses === undefined ? {} : { uses: job.uses }),
        with: job.with ?? {},
        secrets: job.secrets ?? {},
        ...(granted === undefined ? {} : { permissions: granted }),
        ...(jobGroup === undefined ? {} : { concurrencyGroup: jobGroup }),
        ...(job.if === undefined ? {} : { condition: String(job.if) }),
        keys: Object.keys(job),
        steps: (job.steps ?? []).flatMap((step, index) =>
          step.uses === undefined ? [] : [{ index, uses: step.uses, with: step.with ?? {} }],
        ),
      };
    }),
  };
}

function groupOf(concurrency: string | { readonly group: string } | undefined): string | undefined {
  return typeof concurrency === 'string' ? concurrency : concurrency?.group;
}

function triggersOf(
  on: string | readonly string[] | Readonly<Record<string, unknown>>,
): ReadonlyMap<string, unknown> {
  if (typeof on === 'string') return new Map([[on, null]]);
  if (isList(on)) return new Map(on.map((event) => [event, null]));
  return new Map(Object.entries(on));
}

function isList(
  on: readonly string[] | Readonly<Record<string, unknown>>,
): on is readonly string[] {
  return Array.isArray(on);
}

/** `org/infra-actions/.github/workflows/x.yml@v1`, `org/infra-actions/[actions/]x@v1`. */
export function ownReference(uses: string): OwnReference | undefined {
  const match =
    /^(?<owner>[^/@]+)\/infra-actions\/(?:\.github\/workflows\/(?<workflow>[^/@]+)\.ya?ml|(?:actions\/)?(?<action>[^/@]+))@(?<ref>.+)$/.exec(
      uses,
    )?.groups;
  if (match === undefined) return undefined;
  const { owner = '', workflow, action, ref = '' } = match;
  return workflow === undefined
    ? { kind: 'action', owner, name: action ?? '', ref }
    : { kind: 'workflow', owner, name: workflow, ref };
}
