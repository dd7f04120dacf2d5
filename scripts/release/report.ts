import { counted } from '../../actions/shared/counted.js';
import type { Release } from './apply.js';
import type { ReleasePlan, Step } from './plan.js';
import { usesLines, type Offered } from './uses-lines.js';
import type { Verdict } from './verify.js';
import type { ChangeNote } from './version.js';

/** What one step does, as the first line of what is told of it. */
export function stepTitle(step: Step, plan: Pick<ReleasePlan, 'tag' | 'origin'>): string {
  switch (step.kind) {
    case 'commit-version':
      return `commit "Version ${plan.tag}" on ${plan.origin.sourceCommit}: package.json ${step.from} -> ${plan.tag.slice(1)}, ${counted(step.notes.length, 'change note')} into CHANGELOG.md`;
    case 'commit-bundles':
      return `install, build, and commit "Bundles of ${plan.tag}": ${step.actions.join(', ')}`;
    case 'take-up-bundles':
      return `take up ${step.commit}, the bundles of an interrupted run`;
    case 'commit-references':
      return `commit "Release ${plan.tag}": ${counted(step.changes.length, 'reference')} to ${plan.origin.repository}`;
    case 'tag':
      return `tag ${step.tag}`;
    case 'move-major':
      return `move ${step.tag} ${step.from === undefined ? '(new)' : `from ${step.from}`} to ${plan.tag}`;
  }
}

/** All that a release would do, with each reference that it would change. */
export function dryRunReport(plan: ReleasePlan): string {
  const lines = plan.steps.flatMap((step) => [
    `- ${stepTitle(step, plan)}`,
    ...(step.kind === 'commit-references'
      ? step.changes.map(({ file, line, after }) => `    ${file}:${line}  ${after}`)
      : []),
  ]);
  const does = lines.length === 0 ? ['nothing is left to do'] : lines;
  return [`${plan.tag} of ${plan.origin.sourceCommit}, dry run:`, ...does].join('\n');
}

/** What stands after a release was made, and what is still to be done with it. */
export function releaseReport(release: Release): string {
  return [
    `${release.tag} is made in this clone:`,
    `  source    ${release.sourceCommit}`,
    `  version   ${release.versionCommit}`,
    `  bundles   ${release.bundlesCommit}`,
    `  release   ${release.releaseCommit}  (${release.tag}, ${release.majorTag})`,
    'Nothing was pushed: the workflow "release" publishes (RELEASING.md).',
  ].join('\n');
}

/** The text of the release on GitHub: what changed, and the exact lines for callers. */
export function releaseNotes(
  release: Release,
  notes: readonly ChangeNote[],
  offered: Offered,
): string {
  const changes = (['major', 'minor', 'patch'] as const).flatMap((bump) =>
    notes.filter((note) => note.bump === bump).map(({ summary }) => item(summary)),
  );
  const lines = usesLines(offered, {
    repository: release.repository,
    tag: release.tag,
    actionsCommit: release.releaseCommit,
    workflowsCommit: release.releaseCommit,
  });
  return [
    ...changes,
    '',
    'Exact lines:',
    '',
    '```yaml',
    ...lines,
    '```',
    '',
    `Made from ${release.sourceCommit}; \`make release-verify TAG=${release.tag}\` makes it again.`,
    '',
  ].join('\n');
}

/** The first line of a verdict, and the files that differ. */
export function verifyReport(tag: string, verdict: Verdict): string {
  if (verdict.kind === 'same') return `${tag}: rebuilt byte for byte, ${verdict.commit}`;
  const { files, tagged, rebuilt } = verdict;
  return [
    `${tag}: the rebuild differs (tag ${tagged}, rebuilt ${rebuilt})`,
    ...(files.length === 0 ? ['  no file: a message, an author or a date'] : []),
    ...files.map((file) => `  ${file}`),
  ].join('\n');
}

function item(summary: string): string {
  return `- ${summary.split('\n').join('\n  ').trimEnd()}`;
}
