import { envFrom } from '../../../actions/shared/env.js';
import { forkProblems, isOfFork } from '../../../actions/terraform-layer/github/fork.js';
import { readInputs } from '../../../actions/terraform-layer/inputs.js';
import { githubContext } from '../../support/github-client.js';

const pull = (fromFork: boolean) =>
  githubContext({
    pullRequest: {
      ...{ number: 7, headSha: '2'.repeat(40), headRef: 'topic', baseRef: 'main' },
      ...{ author: 'octocat', fromFork },
    },
  });

function codes(values: Readonly<Record<string, string>>, github = pull(true)): readonly string[] {
  const inputs = readInputs((name) => values[name] ?? '', envFrom({}));
  return forkProblems(inputs, github).map(({ code }) => code);
}

describe("a fork's pull request", () => {
  it.each(['plan', 'apply', 'drift', 'destroy', 'unlock'])('gets no %s', (command) => {
    expect(codes({ command })).toEqual(['fork-pull-request']);
    expect(codes({ command }, pull(false))).toEqual([]);
    expect(codes({ command }, githubContext())).toEqual([]);
  });

  it('gets what runs nothing of it', () => {
    for (const command of ['check', 'graph']) expect(codes({ command })).toEqual([]);
    expect(codes({ command: 'plan', 'dry-run': 'true' })).toEqual([]);
  });

  it('is told from one of the repository itself, and from what is none', () => {
    expect([pull(true), pull(false), githubContext(), undefined].map(isOfFork)).toEqual([
      ...[true, false, false, false],
    ]);
  });
});
