import type { components } from '@octokit/openapi-types';
import type { Account } from '../state.js';

export type Schemas = components['schemas'];

/** GitHub's opaque ids: an encoding of kind and number here, as the old ones were. */
export function nodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}${id}`).toString('base64url');
}

export function simpleUser(baseUrl: string, account: Account): Schemas['simple-user'] {
  const url = `${baseUrl}/users/${encodeURIComponent(account.login)}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.type, account.id),
    avatar_url: `https://avatars.githubusercontent.com/u/${account.id}?v=4`,
    gravatar_id: '',
    url,
    html_url:
      account.type === 'Bot'
        ? `https://github.com/apps/${account.login.replace(/\[bot\]$/, '')}`
        : `https://github.com/${account.login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

/** The app behind a `…[bot]` account; 15368 is the id of GitHub's own Actions app. */
export function integration(
  baseUrl: string,
  bot: Account,
  createdAt: string,
): NonNullable<Schemas['nullable-integration']> {
  const slug = bot.login.replace(/\[bot\]$/, '');
  const id = slug === 'github-actions' ? 15368 : bot.id;
  return {
    id,
    slug,
    node_id: nodeId('Integration', id),
    owner: simpleUser(baseUrl, { id: 9919, login: 'github', type: 'Organization' }),
    name: slug === 'github-actions' ? 'GitHub Actions' : slug,
    description: '',
    external_url: `https://github.com/apps/${slug}`,
    html_url: `https://github.com/apps/${slug}`,
    created_at: createdAt,
    updated_at: createdAt,
    permissions: { checks: 'write', contents: 'read', issues: 'write', metadata: 'read' },
    events: [],
  };
}

/** The owner of a personal token, as `GET /user` shows it. */
export function publicUser(
  baseUrl: string,
  account: Account,
  createdAt: string,
): Schemas['public-user'] {
  return {
    ...simpleUser(baseUrl, account),
    user_view_type: 'public',
    name: account.login,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: createdAt,
    updated_at: createdAt,
  };
}
