import type { ChangedFile, Commit, GithubState, Repository } from '../state.js';
import { nodeId, simpleUser } from './account.js';
import type { Schemas } from './account.js';
import { repositoryPage, repositoryUrl } from './repository.js';

export function diffEntry(
  baseUrl: string,
  repository: Repository,
  sha: string,
  file: ChangedFile,
): Schemas['diff-entry'] {
  const page = repositoryPage(repository);
  const name = file.filename.split('/').map(encodeURIComponent).join('/');
  return {
    sha,
    filename: file.filename,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${sha}/${name}`,
    raw_url: `${page}/raw/${sha}/${name}`,
    contents_url: `${repositoryUrl(baseUrl, repository)}/contents/${name}?ref=${sha}`,
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    ...(file.previousFilename === undefined ? {} : { previous_filename: file.previousFilename }),
  };
}

/** A commit without its files, as lists have it. */
export function listedCommit(
  baseUrl: string,
  state: GithubState,
  repository: Repository,
  value: Commit,
): Schemas['commit'] {
  const root = repositoryUrl(baseUrl, repository);
  const page = repositoryPage(repository);
  const author = state.account(value.author);
  const signature = {
    name: value.author,
    email: `${author.id}+${value.author}@users.noreply.github.com`,
    date: value.date,
  };
  return {
    sha: value.sha,
    node_id: nodeId('Commit', value.sha),
    url: `${root}/commits/${value.sha}`,
    html_url: `${page}/commit/${value.sha}`,
    comments_url: `${root}/commits/${value.sha}/comments`,
    commit: {
      url: `${root}/git/commits/${value.sha}`,
      author: signature,
      committer: signature,
      message: value.message,
      comment_count: 0,
      tree: { sha: value.treeSha, url: `${root}/git/trees/${value.treeSha}` },
      verification: {
        verified: false,
        reason: 'unsigned',
        payload: null,
        signature: null,
        verified_at: null,
      },
    },
    author: simpleUser(baseUrl, author),
    committer: simpleUser(baseUrl, author),
    parents: value.parents.map((sha) => ({
      sha,
      url: `${root}/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
    })),
  };
}

/** A commit by itself: with its files and their sums. */
export function commit(
  baseUrl: string,
  state: GithubState,
  repository: Repository,
  value: Commit,
): Schemas['commit'] {
  const additions = value.files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = value.files.reduce((sum, file) => sum + file.deletions, 0);
  return {
    ...listedCommit(baseUrl, state, repository, value),
    stats: { additions, deletions, total: additions + deletions },
    files: value.files.map((file) => diffEntry(baseUrl, repository, value.sha, file)),
  };
}
