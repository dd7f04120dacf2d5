import { toError } from '../../shared/errors.js';
import { githubClient } from '../../shared/github-client.js';
import type { GithubContext } from '../../shared/github-context.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';
import type { AllowedSoFar } from '../review/guard-forecast.js';
import { allowingLabels } from './allowing-labels.js';
import { githubPeople } from './github-people.js';
import type { People } from './people.js';

interface AllowedPorts {
  readonly github: GithubContext | undefined;
  readonly log: Logger;
  readonly secrets: Secrets;
  /** Over the run's token; undefined where there is none. */
  readonly people: (() => Promise<People>) | undefined;
}

/**
 * What the labels of this run's pull request allow to be destroyed, as they are now: a re-run sees a
 * label that was put on since. Asked once. Never throws: labels that cannot be read allow nothing,
 * and the log says why.
 */
export function allowedSoFar(ports: AllowedPorts): () => Promise<AllowedSoFar> {
  let asked: Promise<AllowedSoFar> | undefined;
  return () => (asked ??= ask(ports));
}

async function ask({ github, log, secrets, people }: AllowedPorts): Promise<AllowedSoFar> {
  const unknown: AllowedSoFar = { globs: [], complete: false };
  const pull = github?.pullRequest;
  if (pull === undefined || people === undefined) return unknown;
  try {
    return {
      globs: await allowingLabels([pull], await people(), { log, secrets }),
      complete: true,
    };
  } catch (thrown) {
    log.notice(
      secrets.redact(
        `Labels that allow a destruction are not seen, so no plan fails for want of one: ${toError(thrown).message}`,
      ),
    );
    return unknown;
  }
}

/** People over the run's own token. @param token is to be masked before */
export function peopleOf(token: string, github: GithubContext, log: Logger): () => Promise<People> {
  return async () => githubPeople(await githubClient(token, github, log));
}
