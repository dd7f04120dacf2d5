import { hclQuoted } from '../hcl/quoted-text.js';
import type { Orphan } from '../schedule/outcome.js';
import type { Stack } from '../stacks/workspace.js';

/**
 * The `import` block that brings an orphan into its state (Terraform's documentation, "Import
 * block"); undefined where its id is not known, or its address is none that may stand in HCL.
 * A few types are imported by something else than their id: their documentation says by what.
 */
export function importBlock(orphan: Orphan): string | undefined {
  if (orphan.id === undefined || !addressPattern.test(orphan.address)) return undefined;
  return `import {\n  to = ${orphan.address}\n  id = ${hclQuoted(orphan.id)}\n}`;
}

/** Every orphan of a stack, with what adopts it, for a log. */
export function orphansText(
  { displayId }: Pick<Stack, 'displayId'>,
  orphans: readonly Orphan[],
): string {
  const from = [...new Set(orphans.flatMap(({ runUrl }) => runUrl ?? []))];
  const blocks = orphans.map(
    (orphan) => importBlock(orphan) ?? `# ${JSON.stringify(orphan.address)} may exist`,
  );
  return [
    `${displayId}: an apply that was killed${from.length === 0 ? '' : ` (${from.join(', ')})`} made resources that its state does not know.`,
    'No apply changes it until its plan takes them in.',
    `To adopt them, put these blocks beside its configuration and apply. ${forgetWords}`,
    ...blocks,
  ].join('\n');
}

/** What to do about an orphan that is not to be adopted. */
export const forgetWords =
  'What does not exist, or is not to be adopted: command "state", state-operations "forget ADDRESS".';

const label = String.raw`[\p{L}_][\p{L}\p{N}_-]*`;
const key = String.raw`(?:\[(?:\d+|"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*")\])?`;
// A journal is text from a bucket: what is not an address must not become configuration.
const addressPattern = new RegExp(
  `^(?:module\\.${label}${key}\\.)*${label}\\.${label}${key}$`,
  'u',
);
