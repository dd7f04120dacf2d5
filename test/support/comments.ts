import type { Comments, PullComment } from '../../actions/shared/github-comments.js';

/** Comments of one pull request in memory; `all` is what stands there. */
export function fakeComments(options: {
  readonly headSha: string;
  readonly author: string;
  readonly existing?: readonly PullComment[];
  /** What another run writes at the moment at which this one creates its comment. */
  readonly meanwhile?: (body: string) => PullComment;
}): Comments & { readonly all: readonly PullComment[] } {
  const all: PullComment[] = [...(options.existing ?? [])];
  const indexOf = (commentId: number): number => {
    const index = all.findIndex((comment) => comment.id === commentId);
    if (index < 0) throw new Error(`no comment ${commentId}`);
    return index;
  };
  return {
    all,
    list: () => Promise.resolve([...all]),
    create: (_pullNumber, body) => {
      if (options.meanwhile !== undefined) all.push(options.meanwhile(body));
      const id = Math.max(0, ...all.map((comment) => comment.id)) + 1;
      const comment = { id, body, author: options.author, url: `comment-${id}` };
      all.push(comment);
      return Promise.resolve(comment);
    },
    update: async (commentId, body) => {
      await Promise.resolve();
      const index = indexOf(commentId);
      const comment = { ...(all[index] as PullComment), body };
      all[index] = comment;
      return comment;
    },
    remove: async (commentId) => {
      await Promise.resolve();
      all.splice(indexOf(commentId), 1);
    },
    headSha: () => Promise.resolve(options.headSha),
    login: () => Promise.resolve(options.author),
  };
}
