import type { Issue, Issues } from '../../actions/shared/issues.js';

/** Issues of one repository in memory; `all` is what stands there, `said` the comments. */
export function fakeIssues(
  author: string,
  existing: readonly Issue[] = [],
): Issues & {
  readonly all: Issue[];
  readonly said: { readonly number: number; readonly body: string }[];
  /** Names of the calls that write. */
  readonly writes: string[];
} {
  const all: Issue[] = [...existing];
  const said: { readonly number: number; readonly body: string }[] = [];
  const writes: string[] = [];
  return {
    all,
    said,
    writes,
    list: () => Promise.resolve([...all]),
    create: ({ title, body }) => {
      writes.push('create');
      const number = all.length + 1;
      const issue: Issue = {
        number,
        title,
        body,
        author,
        state: 'open',
        stateReason: undefined,
        url: `issue-${number}`,
      };
      all.push(issue);
      return Promise.resolve(issue);
    },
    update: (number, { title, body, state }) => {
      writes.push(state === 'closed' ? 'close' : state === 'open' ? 'reopen' : 'update');
      const index = all.findIndex((issue) => issue.number === number);
      const current = all[index];
      if (current === undefined) return Promise.reject(new Error(`no issue ${number}`));
      const issue: Issue = {
        ...current,
        title: title ?? current.title,
        body: body ?? current.body,
        state: state ?? current.state,
        stateReason:
          state === 'closed' ? 'completed' : state === 'open' ? 'reopened' : current.stateReason,
      };
      all[index] = issue;
      return Promise.resolve(issue);
    },
    comment: (number, body) => {
      said.push({ number, body });
      return Promise.resolve();
    },
    login: () => Promise.resolve(author),
  };
}
