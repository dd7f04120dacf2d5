import { notFound } from '../api-error.js';
import { page } from '../pagination.js';
import { nodeId, simpleUser } from '../representations/account.js';
import type { GithubState, Repository, Role } from '../state.js';
import { repositoryOf } from './scope.js';
import type { Topic } from './scope.js';

/** The legacy base roles ("Get repository permissions for a user"). */
const baseRoles: Readonly<Record<Role, string>> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
};

function roleOf(repository: Repository, login: string): Role | undefined {
  if (login.toLowerCase() === repository.owner.login.toLowerCase()) return 'admin';
  return repository.roles.get(login.toLowerCase()) ?? (repository.private ? undefined : 'read');
}

export function accessOperations(
  state: GithubState,
): Topic<'repos/get-collaborator-permission-level' | 'repos/list-activities'> {
  return {
    'repos/get-collaborator-permission-level': (request) => {
      const repository = repositoryOf(state, request);
      const login = decodeURIComponent(request.params['username'] ?? '');
      if (login.endsWith('[bot]')) throw notFound();
      const role = roleOf(repository, login);
      const permission = role === undefined ? 'none' : baseRoles[role];
      const account = state.account(login);
      return {
        status: 200,
        body: {
          permission,
          role_name: role ?? '',
          user: { ...simpleUser(request.baseUrl, account), role_name: role ?? '' },
        },
      };
    },

    'repos/list-activities': (request) => {
      const repository = repositoryOf(state, request);
      const ref = request.query['ref']?.replace(/^(refs\/heads\/)?/, 'refs/heads/');
      const matching = repository.activities
        .filter((activity) => ref === undefined || activity.ref === ref)
        .sort((a, b) => (request.query['direction'] === 'asc' ? a.id - b.id : b.id - a.id));
      const path = `/repos/${repository.owner.login}/${repository.name}/activity`;
      const { items } = page(request, path, matching, (activity) => ({
        id: activity.id,
        node_id: nodeId('PushActivity', activity.id),
        before: activity.before,
        after: activity.after,
        ref: activity.ref,
        timestamp: activity.timestamp,
        activity_type: activity.type,
        actor: simpleUser(request.baseUrl, activity.actor),
      }));
      return { status: 200, body: items };
    },
  };
}
