import { toError } from '../shared/errors.js';
import { githubClient } from '../shared/github-client.js';
import type { AppliedHistory } from './changes/observed-history.js';
import type { EnvironmentConfig } from './config/infra-config.js';
import type { Ports } from './effects.js';
import type { Inputs } from './inputs.js';
import { githubReviewRuns } from './records/github-records.js';
import type { ReviewRuns } from './records/record-source.js';
import { openEarlier, type RunAccess } from './run-access.js';
import { hasResources } from './sidecar/has-resources.js';
import { readLedger } from './sidecar/ledger.js';
import { nextMoveStep } from './state/move-state.js';
import type { Stack } from './stacks/workspace.js';
import { tolerance } from './sidecar/tolerance.js';

/** What the states and GitHub know of earlier applies; `access` is opened when it is first asked. */
export function appliedHistory(
  access: () => Promise<RunAccess>,
  environments: readonly EnvironmentConfig[],
  inputs: Inputs,
  ports: Ports,
): AppliedHistory {
  const note = (stack: Stack, thrown: unknown): void => {
    ports.log.debug(`${stack.displayId}: ${toError(thrown).message}`);
  };
  let opened: Promise<ReviewRuns> | undefined;
  return {
    appliedBaseline: async (stacks) =>
      readLedger(
        stacks,
        (await access()).sidecars,
        // A plan only shows; whatever else asks goes by the gates of these commits.
        inputs.command === 'plan' ? tolerance(ports) : undefined,
      ),
    appliedElsewhere: async (read) =>
      readLedger(
        // Whoever reads a state can read what stands beside it.
        read.map(({ stack, reader }) => ({ ...stack, environment: reader })),
        (await access()).sidecars,
        async ({ fallback }, body) => {
          try {
            return await body();
          } catch (thrown) {
            ports.log.debug(toError(thrown).message);
            return fallback;
          }
        },
      ),
    earlierBaseline: async (name, stacks) => {
      const environment = environments.find((one) => one.name === name);
      if (environment === undefined) return undefined;
      try {
        const own = await access();
        const { sidecars } = await openEarlier([environment], stacks, own, inputs, ports);
        return await readLedger(stacks, sidecars);
      } catch (thrown) {
        // The role of one environment is often kept from another's states: no news then.
        const why = ports.secrets.redact(toError(thrown).message);
        const [reason = ''] = why.split('\n');
        ports.log.info(`Whether ${name} has got these changes is not seen from here: ${reason}`);
        ports.log.debug(why);
        return undefined;
      }
    },
    hasState: async (stack) => {
      try {
        return await hasResources((await access()).sidecars(stack));
      } catch (thrown) {
        note(stack, thrown);
        return undefined;
      }
    },
    compareStates: async (from, to) => {
      try {
        const { sidecars } = await access();
        const former = await sidecars(from)?.stateText();
        const now = await sidecars(to)?.stateText();
        switch (nextMoveStep(former, now).kind) {
          case 'empty-former':
            return 'same';
          case 'taken':
            return 'other';
          case 'nothing':
            return 'ahead';
          case 'copy':
          case 'unreadable':
            return undefined;
        }
      } catch (thrown) {
        note(to, thrown);
        return undefined;
      }
    },
    mergeCommitOf: async (pullNumber) =>
      (await (await runs())?.mergedPull(pullNumber))?.mergeCommitSha,
    brought: async (pullNumber, sha) =>
      ((await (await runs())?.pullsOf(sha)) ?? []).some(({ number }) => number === pullNumber),
  };

  async function runs(): Promise<ReviewRuns | undefined> {
    const { github, log, secrets } = ports;
    const token = inputs.githubToken;
    if (github === undefined || token === undefined) return undefined;
    secrets.add(token);
    opened ??= githubClient(token, github, log).then((client) =>
      githubReviewRuns(client, github.defaultBranch ?? 'main'),
    );
    return opened;
  }
}
