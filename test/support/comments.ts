import type { Comments, PullComment } from '../../actions/shared/github.js';

/** Comments of one pull request in memory; `all` is what stands there. */
export function fakeComments(options: {
  readonly headSha: string;
  readonly author: string;
  readonly existing?: readonly PullComment[];
}): Comments & { readonly all: readonly PullComment[] } {
  const all: PullComment[] = [...(options.existing ?? [])];
  return {
    all,
    list: () => Promise.resolve([...all]),
    create: (_pullNumber, body) => {
      const id = all.length + 1;
      const comment = { id, body, author: options.author, url: `comment-${id}` };
      all.push(comment);
      return Promise.resolve(comment);
    },
    update: (commentId, body) => {
      const index = all.findIndex((comment) => comment.id === commentId);
      const current = all[index];
      if (current === undefined) return Promise.reject(new Error(`no comment ${commentId}`));
      const comment = { ...current, body };
      all[index] = comment;
      return Promise.resolve(comment);
    },
    headSha: () => Promise.resolve(options.headSha),
  };
}
