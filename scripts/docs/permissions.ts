import { parseCalledWorkflow } from '../../cli/workflows/definitions.js';
import { code, link, listed, renderMarkdown, table, text } from '../../actions/shared/markdown.js';

/** What the job that calls each reusable workflow has to grant, from the workflows' own files. */
export function permissionsTable(
  files: readonly { readonly name: string; readonly source: string }[],
): string {
  const rows = files.flatMap(({ name, source }) => {
    const called = parseCalledWorkflow(name, source);
    if (called === undefined) return [];
    const scopes = Object.entries(called.permissions);
    return [
      [
        link(`../reference/${name}.md`, code(`${name}.yml`)),
        scopes.length === 0
          ? text('none')
          : listed(scopes, ([scope, level]) => [code(`${scope}: ${level}`)]),
      ],
    ];
  });
  return renderMarkdown([table(['workflow', 'what the calling job grants'], rows)]);
}
