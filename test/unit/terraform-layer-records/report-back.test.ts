import { createSecrets } from '../../../actions/shared/secrets.js';
import { githubComments } from '../../../actions/shared/github-comments.js';
import {
  renderApplyResult,
  tellPulls,
  type ApplyResult,
} from '../../../actions/terraform-layer/github/report-back.js';
import { fakeComments } from '../../support/comments.js';
import { clientOf } from '../../support/github-client.js';
import { sha, withGithubEmulator } from '../../support/github.js';
import { keepingLogger } from '../../support/log-lines.js';

const author = 'github-actions[bot]';
const result: ApplyResult = {
  environments: ['dev'],
  end: { kind: 'applied' },
  sha: sha('3'),
  runUrl: 'https://github.com/acme/infra/actions/runs/99',
  stacks: [{ id: '01-network/dev', status: 'applied', detail: '2 added' }],
};

describe('what pull requests are told about an apply', () => {
  it('is one comment each and set of environments, in place, though the head moved on', async () => {
    await withGithubEmulator(async (github) => {
      for (const [number, digit] of [
        [1, '2'],
        [2, '4'],
      ] as const) {
        github.seedPull({
          ...{ repository: 'acme/infra', number, base: { ref: 'main', sha: sha('1') } },
          head: { ref: `f${number}`, sha: sha(digit) },
          merged: { sha: sha('3') },
        });
      }
      const ports = {
        comments: githubComments(await clientOf(github)),
        log: keepingLogger(),
        secrets: createSecrets(() => undefined),
      };
      const tell = (told: ApplyResult, startedAt: number) =>
        tellPulls({ pullNumbers: [1, 2], key: 'infra:.', author, result: told, startedAt }, ports);
      const kinds = (outcomes: Awaited<ReturnType<typeof tell>>) =>
        [...outcomes.values()].map((outcome) => outcome?.kind);

      expect(kinds(await tell(result, 1000))).toEqual(['created', 'created']);
      const failed = { ...result, end: { kind: 'failed' } } as const;
      expect(kinds(await tell(failed, 2000))).toEqual(['updated', 'updated']);
      expect(kinds(await tell(result, 1500))).toEqual(['overtaken', 'overtaken']);
      const both = { ...result, environments: ['dev', 'staging'] };
      expect(kinds(await tell(both, 3000))).toEqual(['created', 'created']);
      const numbers = github
        .state()
        .repositories[0]?.comments.map(({ issueNumber }) => issueNumber);
      expect(numbers).toEqual([2, 1, 2, 1]);
    });
  });

  it('fails nothing where one of them cannot be told', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({ repository: 'acme/infra', issues: [{ number: 1, title: 'T' }] });
      const log = keepingLogger();
      const outcomes = await tellPulls(
        { pullNumbers: [8, 1], key: 'k', author, result, startedAt: 1 },
        {
          comments: githubComments(await clientOf(github)),
          log,
          secrets: createSecrets(() => undefined),
        },
      );
      expect([...outcomes].map(([number, outcome]) => [number, outcome?.kind])).toEqual([
        [8, undefined],
        [1, 'created'],
      ]);
      expect(log.kept.map(({ level }) => level)).toEqual(['warning']);
    });
  });

  it('is a comment of its own where it came too late: what the newer apply told stays', async () => {
    const comments = fakeComments({ headSha: sha('2'), author });
    const ports = { comments, log: keepingLogger(), secrets: createSecrets(() => undefined) };
    const reasons = ['superseded by a newer run'];
    for (const end of [{ kind: 'applied' }, { kind: 'superseded', reasons }] as const) {
      const told = { ...result, end };
      await tellPulls({ pullNumbers: [1], key: 'k', author, result: told, startedAt: 1 }, ports);
    }
    expect(comments.all).toHaveLength(2);
  });

  it.each(['refused', 'broke-off'] as const)('gives the reasons where it was %s', (kind) => {
    const reasons = Array.from(
      { length: 50 },
      (_, index) => `reason ${index} \n@team ${'x'.repeat(5000)}`,
    );
    const text = renderApplyResult({
      ...result,
      environments: [],
      stacks: [],
      end: { kind, reasons },
    });
    expect(text).toContain('reason 0');
    expect(text).toContain('reason 9');
    expect(text).not.toContain('reason 10');
    expect(text).toContain('40 more');
    expect(text).not.toMatch(/^@team/m);
    expect(text.length).toBeLessThan(15_000);
  });

  it('goes to the newest of very many', async () => {
    const log = keepingLogger();
    const pullNumbers = Array.from({ length: 100 }, (_, index) => index + 1);
    const outcomes = await tellPulls(
      { pullNumbers, key: 'k', author, result, startedAt: 1 },
      {
        comments: fakeComments({ headSha: sha('2'), author }),
        log,
        secrets: createSecrets(() => undefined),
      },
    );
    expect([...outcomes.keys()]).toEqual(pullNumbers.slice(60).reverse());
    expect(log.kept.map(({ level }) => level)).toEqual(['notice']);
  });

  it('does not let names of the user break out of it, and stays short', () => {
    const hostile = `|\`@team\` <img> #1\n::error::${'x'.repeat(5000)}`;
    const text = renderApplyResult({
      ...result,
      environments: [hostile],
      stacks: Array.from({ length: 5000 }, () => ({
        ...{ id: hostile, status: 'stopped', detail: hostile },
      })),
    });
    expect(text.length).toBeLessThan(65_000);
    expect(text).not.toMatch(/^::error/m);
    expect(text).not.toMatch(/(^|[^`\\])\|`@team/m);
  });
});
