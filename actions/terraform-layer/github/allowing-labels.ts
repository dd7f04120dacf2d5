import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';
import { allowedByLabels } from '../review/guards.js';
import { observeLabels } from './labels.js';
import type { People, ReviewedPull } from './people.js';

/**
 * Globs over types and addresses that the labels of pull requests allow to be destroyed. Labels that
 * do not count are named in the log, with the reason.
 *
 * @throws what the port does, as where a permission is missing
 */
export async function allowingLabels(
  pulls: readonly ReviewedPull[],
  people: People,
  { log, secrets }: { readonly log: Logger; readonly secrets: Secrets },
): Promise<readonly string[]> {
  const judged = await Promise.all(
    pulls.map(async (pull) => ({
      pull,
      labels: await observeLabels(people, pull, (label) => allowedByLabels([label]).length > 0),
    })),
  );
  for (const { pull, labels } of judged) {
    for (const { label, by, reason } of labels.notCounted) {
      const who = by === undefined ? '' : ` of ${by}`;
      log.notice(
        secrets.redact(`#${pull.number}: the label "${label}"${who} does not count (${reason})`),
      );
    }
  }
  return allowedByLabels(judged.flatMap(({ labels }) => labels.counting.map(({ label }) => label)));
}
