/**
 * Renders the reference from its sources: the inputs and outputs of every action and reusable
 * workflow, the permissions of their callers, the variables and outputs of every Terraform module, the schema of `infra.yml`.
 *
 * Usage: tsx scripts/docs.ts [--check]
 * With `--check` nothing is written, and files that are out of date are named.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as prettier from 'prettier';
import { glob } from 'tinyglobby';
import { actionTables, workflowPage } from './docs/actions.js';
import { moduleTables } from './docs/modules.js';
import { permissionsTable } from './docs/permissions.js';
import { infraSchemaJson } from './docs/schemas.js';
import { replaceBetween } from './docs/markers.js';

const root = join(import.meta.dirname, '..');
const checkOnly = process.argv.includes('--check');
const outdated: string[] = [];

for (const path of await files('actions/*/action.yml')) {
  const readme = join(dirname(path), 'README.md');
  const tables = actionTables(path, await read(path));
  let text = await read(readme);
  text = replaceBetween(
    readme,
    text,
    ['<!-- inputs:begin -->', '<!-- inputs:end -->'],
    tables.inputs,
  );
  text = replaceBetween(
    readme,
    text,
    ['<!-- outputs:begin -->', '<!-- outputs:end -->'],
    tables.outputs,
  );
  await keep(readme, text);
}
const workflows = await Promise.all(
  (await files('.github/workflows/*.yml')).map(async (path) => ({
    path,
    source: await read(path),
  })),
);
for (const { path, source } of workflows) {
  const page = workflowPage(path, source);
  if (page !== undefined) await keep(`docs/reference/${basename(path, '.yml')}.md`, page);
}
const permissions = 'docs/guides/permissions.md';
await keep(
  permissions,
  replaceBetween(
    permissions,
    await read(permissions),
    ['<!-- permissions:begin -->', '<!-- permissions:end -->'],
    permissionsTable(
      workflows.map(({ path, source }) => ({ name: basename(path, '.yml'), source })),
    ),
  ),
);
for (const readme of await files('terraform/{bootstrap,modules/*,blueprints/*}/README.md')) {
  const directory = dirname(readme);
  const sources = await files(`${directory}/*.tf`);
  const tables = await moduleTables(await Promise.all(sources.map(read)));
  const text = replaceBetween(
    readme,
    await read(readme),
    ['<!-- BEGIN_TF_DOCS -->', '<!-- END_TF_DOCS -->'],
    tables,
  );
  await keep(readme, text);
}
await keep('docs/reference/infra.schema.json', infraSchemaJson());

if (outdated.length > 0 && checkOnly) {
  console.log(`out of date (run "make docs"):\n${outdated.map((path) => `  ${path}`).join('\n')}`);
  process.exitCode = 1;
} else {
  console.log(outdated.length === 0 ? 'docs: up to date' : `docs: wrote ${outdated.join(', ')}`);
}

async function files(pattern: string): Promise<readonly string[]> {
  return (await glob(pattern, { cwd: root })).sort();
}

function read(path: string): Promise<string> {
  return readFile(join(root, path), 'utf8');
}

async function keep(path: string, rendered: string): Promise<void> {
  const options = (await prettier.resolveConfig(join(root, path))) ?? {};
  const text = await prettier.format(rendered, { ...options, filepath: path });
  const current = await read(path).catch(() => undefined);
  if (current === text) return;
  outdated.push(path);
  if (checkOnly) return;
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
