import { notFound } from '../api-error.js';
import { page } from '../pagination.js';
import { commit, diffEntry, listedCommit } from '../representations/commit.js';
import { fullRepository, repositoryPage, repositoryUrl } from '../representations/repository.js';
import type { ChangedFile, Commit, GithubState, Repository } from '../state.js';
import { repositoryOf } from './scope.js';
import type { Topic } from './scope.js';

/** A commit and all its known ancestors, the commit first, each once. */
function history(repository: Repository, sha: string): Map<string, Commit> {
  const found = new Map<string, Commit>();
  const open = [sha];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const known = repository.commits.get(next);
    if (known === undefined || found.has(next)) continue;
    found.set(next, known);
    open.push(...known.parents);
  }
  return found;
}

/** Files of several commits, oldest first, folded into one entry a name. */
function foldFiles(commits: readonly Commit[]): ChangedFile[] {
  const folded = new Map<string, ChangedFile>();
  for (const file of commits.flatMap(({ files }) => files)) {
    const before = folded.get(file.filename);
    if (before?.status === 'added' && file.status === 'removed') {
      folded.delete(file.filename);
      continue;
    }
    folded.set(file.filename, {
      ...file,
      status: before?.status === 'added' ? 'added' : file.status,
      additions: (before?.additions ?? 0) + file.additions,
      deletions: (before?.deletions ?? 0) + file.deletions,
    });
  }
  return [...folded.values()].sort((a, b) => (a.filename < b.filename ? -1 : 1));
}

export function commitOperations(
  state: GithubState,
): Topic<'repos/compare-commits-with-basehead' | 'repos/get' | 'repos/get-commit'> {
  return {
    'repos/get': (request) => ({
      status: 200,
      body: fullRepository(request.baseUrl, repositoryOf(state, request)),
    }),

    'repos/get-commit': (request) => {
      const repository = repositoryOf(state, request);
      const found = state.commit(repository, request.params['ref'] ?? '');
      return { status: 200, body: commit(request.baseUrl, state, repository, found) };
    },

    'repos/compare-commits-with-basehead': (request) => {
      const repository = repositoryOf(state, request);
      const [baseRef, headRef, ...rest] = (request.params['basehead'] ?? '').split('...');
      if (baseRef === undefined || headRef === undefined || rest.length > 0) throw notFound();
      const baseSha = state.resolve(repository, baseRef);
      const headSha = state.resolve(repository, headRef);
      if (baseSha === undefined || headSha === undefined) throw notFound();
      const ofBase = history(repository, baseSha);
      const ofHead = history(repository, headSha);
      const mergeBase = [...ofHead.values()].find(({ sha }) => ofBase.has(sha));
      const baseCommit = ofBase.get(baseSha);
      // GitHub refuses to compare histories that have nothing in common.
      if (mergeBase === undefined || baseCommit === undefined) throw notFound();
      const ahead = [...ofHead.values()].filter(({ sha }) => !ofBase.has(sha)).reverse();
      const behind = [...ofBase.keys()].filter((sha) => !ofHead.has(sha)).length;
      const status =
        ahead.length > 0
          ? behind > 0
            ? 'diverged'
            : 'ahead'
          : behind > 0
            ? 'behind'
            : 'identical';
      const repositoryPath = `/repos/${repository.owner.login}/${repository.name}`;
      const root = repositoryUrl(request.baseUrl, repository);
      const range = `${baseRef}...${headRef}`;
      const compared = `${repositoryPage(repository)}/compare/${range}`;
      const listed = (value: Commit) => listedCommit(request.baseUrl, state, repository, value);
      // Without paging GitHub gives up to 250 commits at once ("Compare two commits").
      const paged = request.query['per_page'] !== undefined || request.query['page'] !== undefined;
      const { items, headers } = paged
        ? page(request, `${repositoryPath}/compare/${range}`, ahead, listed)
        : { items: ahead.slice(0, 250).map(listed), headers: {} };
      return {
        status: 200,
        headers,
        body: {
          url: `${root}/compare/${range}`,
          html_url: compared,
          permalink_url: compared,
          diff_url: `${compared}.diff`,
          patch_url: `${compared}.patch`,
          base_commit: listed(baseCommit),
          merge_base_commit: listed(mergeBase),
          status,
          ahead_by: ahead.length,
          behind_by: behind,
          total_commits: ahead.length,
          commits: items,
          files: foldFiles(ahead)
            .slice(0, 300)
            .map((file) => diffEntry(request.baseUrl, repository, headSha, file)),
        },
      };
    },
  };
}
