/**
 * Makes a release in this clone: its commits and its tags (docs/adr/0022). Pushes nothing.
 *
 * Usage: make release [VERSION=1.2.3] [COMMIT=HEAD] [REPOSITORY=owner/name] [DRY_RUN=1]
 * Leaves `.cache/release/release.json` and `notes.md` for what publishes it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyRelease } from './apply.js';
import { gitIn } from './git.js';
import { observe } from './observe.js';
import { planRelease } from './plan.js';
import { dryRunReport, releaseNotes, releaseReport, stepTitle } from './report.js';
import { readRequest } from './request.js';
import { failWith } from './fail-with.js';
import { npmWorkshop } from './workshop.js';

const root = join(import.meta.dirname, '..', '..');
const output = join(root, '.cache', 'release');

async function main(): Promise<void> {
  const git = gitIn(root);
  const request = readRequest(process.env);
  const plan = planRelease(request, await observe(git, request));
  if (request.isDryRun) {
    console.log(dryRunReport(plan));
    return;
  }
  const release = await applyRelease(git, npmWorkshop, plan, (step) =>
    console.log(`- ${stepTitle(step, plan)}`),
  );
  await mkdir(output, { recursive: true });
  await writeFile(join(output, 'release.json'), `${JSON.stringify(release, null, 2)}\n`);
  await writeFile(join(output, 'notes.md'), releaseNotes(release, plan.notes, plan.offered));
  console.log(releaseReport(release));
}

main().catch(failWith);
