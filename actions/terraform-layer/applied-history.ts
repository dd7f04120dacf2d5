import { toError } from '../shared/errors.js';
import { githubClient } from '../shared/github-client.js';
import type { AppliedHistory } from './changes/history.js';
import type { EnvironmentConfig } from './config/infra-config.js';
import type { Ports } from './effects.js';
import type { Inputs } from './inputs.js';
import { githubReviewRuns } from './records/github-records.js';
import { openEarlier, type RunAccess } from './run-access.js';
import { readLedger } from './sidecar/ledger.js';
import { tolerance } from './sidecar/tolerance.js';

/** What the states and GitHub know of earlier applies; `access` is opened when it is first asked. */
export function appliedHistory(
  access: () => Promise<RunAccess>,
  environments: readonly EnvironmentConfig[],
  inputs: Inputs,
  ports: Ports,
): AppliedHistory {
  return {
    appliedBaseline: async (stacks) =>
      readLedger(
        stacks,
        (await access()).sidecars,
        // A plan only shows; whatever else asks goes by the gates of these commits.
        inputs.command === 'plan' ? tolerance(ports) : undefined,
      ),
    earlierBaseline: async (name, stacks) => {
      const environment = environments.find((one) => one.name === name);
      if (environment === undefined) return undefined;
      try {
        const sidecars = await openEarlier(environment, stacks, await access(), inputs, ports);
        return await readLedger(stacks, sidecars);
      } catch (thrown) {
        // The role of one environment is often kept from another's states.
        const why = ports.secrets.redact(toError(thrown).message);
        ports.log.notice(`Whether ${name} has got these changes cannot be seen from here: ${why}`);
        return undefined;
      }
    },
    hasState: async (stack) => {
      try {
        const version = await (await access()).sidecars(stack)?.stateVersion();
        return version === undefined ? undefined : version !== 'absent';
      } catch (thrown) {
        ports.log.debug(`${stack.displayId}: ${toError(thrown).message}`);
        return undefined;
      }
    },
    mergeCommitOf: async (pullNumber) => {
      const { github, log, secrets } = ports;
      const token = inputs.githubToken;
      if (github === undefined || token === undefined) return undefined;
      secrets.add(token);
      const runs = githubReviewRuns(
        await githubClient(token, github, log),
        github.defaultBranch ?? 'main',
      );
      return (await runs.mergedPull(pullNumber))?.mergeCommitSha;
    },
  };
}
