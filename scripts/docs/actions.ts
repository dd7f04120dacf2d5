import { parse } from 'yaml';
import { z } from 'zod';
import {
  code,
  heading,
  paragraph,
  renderMarkdown,
  table,
  text,
} from '../../actions/shared/markdown.js';
import { prose } from './prose.js';

const inputSchema = z.object({
  description: z.string().min(1),
  required: z.boolean().default(false),
  default: z.union([z.string(), z.boolean(), z.number()]).optional(),
  type: z.string().optional(),
});
const describedSchema = z.object({ description: z.string().min(1) });

const actionSchema = z.object({
  name: z.string(),
  description: z.string().min(1),
  inputs: z.record(z.string(), inputSchema).default({}),
  outputs: z.record(z.string(), describedSchema).default({}),
});

const workflowSchema = z.object({
  name: z.string(),
  on: z.object({
    workflow_call: z
      .object({
        inputs: z.record(z.string(), inputSchema).default({}),
        outputs: z.record(z.string(), describedSchema).default({}),
        secrets: z
          .record(z.string(), describedSchema.extend({ required: z.boolean().default(false) }))
          .default({}),
      })
      .nullish(),
  }),
});

/** The inputs and outputs of an `action.yml`; an empty description is refused. */
export function actionTables(
  path: string,
  source: string,
): { readonly inputs: string; readonly outputs: string } {
  const action = parseAs(actionSchema, path, source);
  return { inputs: inputTable(action.inputs), outputs: describedTable('output', action.outputs) };
}

/** The reference page of a reusable workflow; `undefined` for one that is not reusable. */
export function workflowPage(path: string, source: string): string | undefined {
  const workflow = workflowSchema.safeParse(parse(source));
  if (!workflow.success) {
    if (!source.includes('workflow_call')) return undefined;
    throw new Error(`${path}: ${z.prettifyError(workflow.error)}`);
  }
  const call = workflow.data.on.workflow_call;
  if (call === undefined || call === null) return undefined;
  return [
    renderMarkdown([
      heading(1, code(workflow.data.name)),
      paragraph('A reusable workflow: ', code(`uses: org/infra-actions/${path}@v1`), '.'),
      heading(2, 'Inputs'),
    ]),
    inputTable(call.inputs),
    renderMarkdown([heading(2, 'Secrets')]),
    describedTable('secret', call.secrets),
    renderMarkdown([heading(2, 'Outputs')]),
    describedTable('output', call.outputs),
  ].join('\n');
}

function inputTable(inputs: Readonly<Record<string, z.infer<typeof inputSchema>>>): string {
  if (Object.keys(inputs).length === 0) return 'None.\n';
  return renderMarkdown([
    table(
      ['input', 'default', 'what it does'],
      Object.entries(inputs).map(([name, input]) => [
        code(name),
        input.required ? text('required') : defaultCell(input.default),
        prose(input.description),
      ]),
    ),
  ]);
}

function defaultCell(value: string | boolean | number | undefined) {
  return value === undefined || value === '' ? text('') : code(String(value));
}

function describedTable(
  kind: string,
  entries: Readonly<Record<string, { readonly description: string }>>,
): string {
  if (Object.keys(entries).length === 0) return 'None.\n';
  return renderMarkdown([
    table(
      [kind, 'what it holds'],
      Object.entries(entries).map(([name, entry]) => [code(name), prose(entry.description)]),
    ),
  ]);
}

function parseAs<T>(schema: z.ZodType<T>, path: string, source: string): T {
  const parsed = schema.safeParse(parse(source));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
