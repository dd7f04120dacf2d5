import { notPermitted } from '../api-error.js';
import { publicUser } from '../representations/account.js';
import type { GithubState } from '../state.js';
import type { RateLimit } from '../rate-limit.js';
import { authorOf, tokenOf } from './scope.js';
import type { Topic } from './scope.js';

export function metaOperations(
  state: GithubState,
  rateLimit: RateLimit,
): Topic<'meta/get' | 'rate-limit/get' | 'users/get-authenticated'> {
  return {
    // An installation token, as GITHUB_TOKEN is one, has no user: GitHub refuses.
    'users/get-authenticated': (request) => {
      if (tokenOf(state, request).kind === 'app') throw notPermitted();
      return {
        status: 200,
        body: publicUser(request.baseUrl, authorOf(state, request), '2020-01-01T00:00:00Z'),
      };
    },

    'meta/get': () => ({
      status: 200,
      body: { verifiable_password_authentication: false, actions: [], hooks: [], web: [], api: [] },
    }),

    'rate-limit/get': (request) => {
      const core = rateLimit.of(request.token);
      return {
        status: 200,
        body: { resources: { core, search: { ...core, limit: 30, remaining: 30 } }, rate: core },
      };
    },
  };
}
