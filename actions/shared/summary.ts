import * as core from '@actions/core';

/** GitHub docs, "Adding a job summary": a step's summary is at most 1 MiB. */
export const summaryLimitBytes = 1024 * 1024;

/** Appends markdown to the job's summary; cut at a line within GitHub's limit, and says so. */
export async function writeSummary(markdown: string): Promise<void> {
  await core.summary.addRaw(fitSummary(markdown), true).write();
}

/** Cuts markdown to whole lines that fit a step's summary. */
export function fitSummary(markdown: string, limitBytes = summaryLimitBytes): string {
  if (Buffer.byteLength(markdown) <= limitBytes) return markdown;
  const note = '\n\nThe rest does not fit a job summary: read it in the log of this step.\n';
  const room = limitBytes - Buffer.byteLength(note) - 4;
  const head = Buffer.from(markdown).subarray(0, room).toString('utf8');
  return head.slice(0, Math.max(0, head.lastIndexOf('\n'))) + note;
}
