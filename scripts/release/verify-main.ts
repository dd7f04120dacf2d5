/**
 * Makes a release again from the source commit that its tag names, and compares every byte.
 *
 * Usage: make release-verify TAG=v1.2.3
 */
import { join } from 'node:path';
import { failWith } from './fail-with.js';
import { gitIn } from './git.js';
import { verifyReport } from './report.js';
import { verifyRelease } from './verify.js';
import { npmWorkshop } from './workshop.js';

async function main(): Promise<void> {
  const tag = process.env['TAG'] ?? '';
  const root = join(import.meta.dirname, '..', '..');
  const verdict = await verifyRelease(gitIn(root), npmWorkshop, tag);
  console.log(verifyReport(tag, verdict));
  if (verdict.kind === 'different') process.exitCode = 1;
}

main().catch(failWith);
