import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { globSync } from 'tinyglobby';
import { parseAllDocuments } from 'yaml';

const root = join(import.meta.dirname, '..', '..');
const pages = globSync(['*.md', 'docs/**/*.md', 'actions/*/README.md', 'examples/**/*.md'], {
  cwd: root,
  ignore: ['**/node_modules/**', 'docs/adr/**'],
}).sort();

/** One `uses:` of ours, with what is given to it. */
interface Use {
  readonly page: string;
  readonly uses: string;
  readonly inputs: readonly string[];
  readonly secrets: readonly string[];
}

const uses = pages.flatMap((page) =>
  blocksOf(fromMarkdown(readFileSync(join(root, page), 'utf8'))).flatMap((block) =>
    parseAllDocuments(block).flatMap((document) => usesIn(page, document.toJS() as unknown)),
  ),
);

describe('the YAML that the documentation shows', () => {
  it('uses actions and workflows of ours on many pages', () => {
    expect(new Set(uses.map(({ page }) => page)).size).toBeGreaterThan(5);
  });

  it('names actions and workflows that there are, and gives them inputs and secrets that they have', () => {
    const wrong = uses.flatMap(({ page, uses: reference, inputs, secrets }) => {
      const offered = offeredBy(reference);
      if (offered === undefined) return [`${page}: there is no ${reference}`];
      return [
        ...inputs.filter((input) => !offered.inputs.includes(input)),
        ...secrets.filter((secret) => !offered.secrets.includes(secret)),
      ].map((name) => `${page}: ${reference} has no ${name}`);
    });
    expect(wrong).toEqual([]);
  });
});

function blocksOf(node: Nodes): readonly string[] {
  if (node.type === 'code') return node.lang === 'yaml' ? [node.value] : [];
  return 'children' in node ? node.children.flatMap(blocksOf) : [];
}

function usesIn(page: string, value: unknown): readonly Use[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => usesIn(page, item));
  if (!isRecord(value)) return [];
  const { uses: reference } = value;
  const own: readonly Use[] =
    typeof reference === 'string' && reference.startsWith('org/infra-actions/')
      ? [{ page, uses: reference, inputs: keys(value['with']), secrets: keys(value['secrets']) }]
      : [];
  return [...own, ...Object.values(value).flatMap((item) => usesIn(page, item))];
}

function offeredBy(
  reference: string,
): { readonly inputs: readonly string[]; readonly secrets: readonly string[] } | undefined {
  const [, path = ''] = /^org\/infra-actions\/(.*)@v1$/.exec(reference) ?? [];
  const file = path.startsWith('.github/workflows/') ? path : `actions/${path}/action.yml`;
  const source = readIfThere(file);
  if (source === undefined) return undefined;
  const document: unknown = parseAllDocuments(source)[0]?.toJS();
  if (!isRecord(document)) return undefined;
  const on = document['on'];
  const call = isRecord(on) && isRecord(on['workflow_call']) ? on['workflow_call'] : document;
  return { inputs: keys(call['inputs']), secrets: keys(call['secrets']) };
}

function readIfThere(path: string): string | undefined {
  const found = globSync(path, { cwd: root, dot: true });
  return found.length === 0 ? undefined : readFileSync(join(root, path), 'utf8');
}

function keys(value: unknown): readonly string[] {
  return isRecord(value) ? Object.keys(value) : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
