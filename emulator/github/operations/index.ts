import type { OperationHandlers } from '../conformance.js';
import type { RateLimit } from '../rate-limit.js';
import type { GithubState } from '../state.js';
import { commitOperations } from './commits.js';
import { deploymentOperations } from './deployments.js';
import { issueOperations } from './issues.js';
import { metaOperations } from './meta.js';
import { pullOperations } from './pulls.js';

/** A handler for every operation of `operation-ids.ts`, over one state. */
export function githubOperations(state: GithubState, rateLimit: RateLimit): OperationHandlers {
  return {
    ...commitOperations(state),
    ...deploymentOperations(state),
    ...issueOperations(state),
    ...metaOperations(state, rateLimit),
    ...pullOperations(state),
  };
}
