import type { OperationHandlers } from '../conformance.js';
import type { RateLimit } from '../rate-limit.js';
import type { GithubState } from '../state.js';
import type { ArtifactService } from '../artifact-service.js';
import { accessOperations } from './access.js';
import { commitOperations } from './commits.js';
import { deploymentOperations } from './deployments.js';
import { environmentOperations } from './environments.js';
import { issueOperations } from './issues.js';
import { labelOperations } from './labels.js';
import { metaOperations } from './meta.js';
import { pullOperations } from './pulls.js';
import { runOperations } from './runs.js';
import { settingsOperations } from './settings.js';

/** A handler for every operation of `operation-ids.ts`, over one state. */
export function githubOperations(
  state: GithubState,
  rateLimit: RateLimit,
  artifacts: Pick<ArtifactService, 'downloadUrl'>,
): OperationHandlers {
  return {
    ...accessOperations(state),
    ...commitOperations(state),
    ...deploymentOperations(state),
    ...environmentOperations(state),
    ...issueOperations(state),
    ...labelOperations(state),
    ...metaOperations(state, rateLimit),
    ...pullOperations(state),
    ...runOperations(state, artifacts),
    ...settingsOperations(state),
  };
}
