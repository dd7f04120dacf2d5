import type {
  Account,
  Artifact,
  CheckRun,
  Comment,
  Commit,
  Deployment,
  Environment,
  GithubState,
  Issue,
  Pull,
  WorkflowRun,
} from './state.js';

type WithLogin<T extends { readonly author: Account }> = Omit<T, 'author'> & {
  readonly author: string;
};

/** One repository as plain data, for tests and for people. */
export interface RepositoryDump {
  readonly repository: string;
  readonly defaultBranch: string;
  readonly branches: Readonly<Record<string, string>>;
  readonly commits: readonly Commit[];
  readonly issues: readonly WithLogin<Issue>[];
  readonly comments: readonly WithLogin<Comment>[];
  readonly pulls: readonly Pull[];
  readonly deployments: readonly Deployment[];
  readonly environments: readonly Environment[];
  readonly checkRuns: readonly CheckRun[];
  readonly artifacts: readonly Omit<Artifact, 'content'>[];
  readonly runs: readonly WorkflowRun[];
}

export interface GithubDump {
  readonly repositories: readonly RepositoryDump[];
}

function withLogin<T extends { readonly author: Account }>(value: T): WithLogin<T> {
  return { ...value, author: value.author.login };
}

/** A copy: what is done to it does not reach the state. */
export function dump(state: GithubState): GithubDump {
  return structuredClone({
    repositories: [...state.repositories.values()].map((repository) => ({
      repository: `${repository.owner.login}/${repository.name}`,
      defaultBranch: repository.defaultBranch,
      branches: Object.fromEntries(repository.branches),
      commits: [...repository.commits.values()],
      issues: [...repository.issues.values()].map(withLogin),
      comments: [...repository.comments.values()].map(withLogin),
      pulls: [...repository.pulls.values()],
      deployments: [...repository.deployments.values()],
      environments: [...repository.environments.values()],
      checkRuns: [...repository.checkRuns.values()],
      artifacts: repository.artifacts.map(({ content: _content, ...artifact }) => artifact),
      runs: [...repository.runs.values()],
    })),
  });
}
