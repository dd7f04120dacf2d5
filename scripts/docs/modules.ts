import { parse } from '@cdktn/hcl2json';
import { z } from 'zod';
import { code, heading, renderMarkdown, table, text } from '../../actions/shared/markdown.js';
import { prose } from './prose.js';

const blocksSchema = z.object({
  variable: z
    .record(
      z.string(),
      z.array(
        z.looseObject({
          description: z.string().min(1),
          type: z.string(),
          default: z.unknown().optional(),
        }),
      ),
    )
    .default({}),
  output: z
    .record(z.string(), z.array(z.looseObject({ description: z.string().min(1) })))
    .default({}),
});

/** The variables and outputs of a module from its `.tf` sources, required variables first. */
export async function moduleTables(sources: readonly string[]): Promise<string> {
  const blocks = await Promise.all(
    sources.map(async (source, index) =>
      blocksSchema.parse(await parse(`module-${index}.tf`, source)),
    ),
  );
  const variables = blocks
    .flatMap((block) => Object.entries(block.variable))
    .flatMap(([name, [block]]) => (block === undefined ? [] : [{ name, ...block }]));
  const outputs = blocks
    .flatMap((block) => Object.entries(block.output))
    .flatMap(([name, [block]]) => (block === undefined ? [] : [{ name, ...block }]));
  const required = variables.filter((variable) => !('default' in variable));
  const optional = variables.filter((variable) => 'default' in variable);
  return renderMarkdown([
    heading(2, 'Inputs'),
    table(
      ['variable', 'type', 'default', 'what it does'],
      [...required, ...optional].map((variable) => [
        code(variable.name),
        code(unwrap(variable.type)),
        'default' in variable ? code(JSON.stringify(variable.default)) : text('required'),
        prose(variable.description),
      ]),
    ),
    heading(2, 'Outputs'),
    table(
      ['output', 'what it holds'],
      outputs.map((output) => [code(output.name), prose(output.description)]),
    ),
  ]);
}

/** The reader gives expressions as `${…}`. */
function unwrap(expression: string): string {
  return flat(/^\$\{([\s\S]*)\}$/.exec(expression)?.[1] ?? expression);
}

function flat(value: string): string {
  return value.trim().replaceAll(/\s+/g, ' ');
}
