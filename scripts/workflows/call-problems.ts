import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import type { WorkflowProblem } from './github-parser.js';
import { ownPath, type ReadOwn } from './release-references.js';

const levels = ['none', 'read', 'write'] as const;
type Level = (typeof levels)[number];

const permissionsSchema = z.union([
  z.enum(['read-all', 'write-all']),
  z.record(z.string(), z.enum(levels)),
]);
type Permissions = z.infer<typeof permissionsSchema>;

const workflowSchema = z.object({
  on: z.unknown(),
  permissions: permissionsSchema.nullish(),
  jobs: z.record(
    z.string(),
    z.object({
      uses: z.string().optional(),
      with: z.record(z.string(), z.unknown()).nullish(),
      permissions: permissionsSchema.nullish(),
    }),
  ),
});

const callSchema = z.object({
  workflow_call: z
    .object({
      inputs: z.record(z.string(), z.object({ type: z.string() })).nullish(),
    })
    .nullish(),
});

/**
 * What GitHub says of a call of a reusable workflow only when it runs: a caller that grants less
 * than a job of the called workflow asks for (the run does not start; GitHub docs, "Reusing workflow
 * configurations": permissions can only be kept or lowered), and a value that is not of the input's
 * type. Calls of others' workflows are left alone.
 */
export async function callProblems(
  path: string,
  text: string,
  readOwn: ReadOwn,
): Promise<readonly WorkflowProblem[]> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const workflow = workflowSchema.safeParse(document.toJS());
  if (!workflow.success) return [];
  const problems: WorkflowProblem[] = [];
  for (const [id, job] of Object.entries(workflow.data.jobs)) {
    const own = job.uses === undefined ? undefined : ownPath(job.uses);
    if (own === undefined) continue;
    const called = workflowSchema.parse(parseDocument(await readOwn(own)).toJS());
    const line = lineOf(document, lineCounter, ['jobs', id, 'uses']);
    const granted = job.permissions ?? workflow.data.permissions ?? undefined;
    for (const message of missingPermissions(granted, called)) {
      problems.push({ path, line, message: `job "${id}": ${message}` });
    }
    for (const { input, message } of wrongTypes(job.with ?? {}, called.on)) {
      problems.push({
        path,
        line: lineOf(document, lineCounter, ['jobs', id, 'with', input]),
        message: `job "${id}": ${message}`,
      });
    }
  }
  return problems;
}

function missingPermissions(
  granted: Permissions | undefined,
  called: z.infer<typeof workflowSchema>,
): readonly string[] {
  return Object.entries(called.jobs).flatMap(([id, { permissions }]) =>
    Object.entries(scopesOf(permissions ?? called.permissions ?? undefined)).flatMap(
      ([scope, wanted]) => {
        const given = levelOf(granted, scope);
        return levels.indexOf(given) >= levels.indexOf(wanted)
          ? []
          : [`grants ${scope}: ${given}, and the called job "${id}" asks for ${scope}: ${wanted}`];
      },
    ),
  );
}

const scopesOf = (permissions: Permissions | undefined): Readonly<Record<string, Level>> =>
  typeof permissions === 'object' ? permissions : {};

/** Without `permissions` GitHub takes the repository's setting, which may be nothing but contents. */
function levelOf(permissions: Permissions | undefined, scope: string): Level {
  if (permissions === 'write-all') return 'write';
  if (permissions === 'read-all') return 'read';
  if (permissions === undefined) return scope === 'contents' ? 'read' : 'none';
  return permissions[scope] ?? 'none';
}

function wrongTypes(
  passed: Readonly<Record<string, unknown>>,
  on: unknown,
): readonly { readonly input: string; readonly message: string }[] {
  const inputs = callSchema.safeParse(on).data?.workflow_call?.inputs ?? {};
  return Object.entries(passed).flatMap(([input, value]) => {
    const type = inputs[input]?.type;
    if (type === undefined || fits(type, value)) return [];
    return [{ input, message: `input "${input}" is a ${type}, not ${JSON.stringify(value)}` }];
  });
}

function fits(type: string, value: unknown): boolean {
  // What an expression comes to is known only to the run.
  if (typeof value === 'string' && value.includes('${{')) return true;
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'number') return typeof value === 'number';
  return typeof value !== 'object' || value === null;
}

function lineOf(document: Document, counter: LineCounter, keys: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of keys) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
    if (pair === undefined) break;
    if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
    node = pair.value;
  }
  return counter.linePos(offset).line;
}
