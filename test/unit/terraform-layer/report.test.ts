import fc from 'fast-check';
import { commentLimit } from '../../../actions/shared/sticky-comment.js';
import { report, type Report } from '../../../actions/terraform-layer/report.js';
import { readPlan } from '../../../actions/terraform-layer/review/plan-json.js';
import type { StackEnd, StackOutcome } from '../../../actions/terraform-layer/schedule/outcome.js';
import { runInOrder } from '../../../actions/terraform-layer/schedule/run-in-order.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { aDriftedResource, findingsOf } from '../../support/drift.js';
import { s3Backend, type load } from '../../support/stacks.js';
import { runPlanOf, stacksOf } from '../../support/terraform-report.js';
import { anOutcome, aResource, changesOf, terraformFixture } from '../../support/terraform.js';

const context = { runUrl: 'https://github.example/run/1', commit: 'a'.repeat(40) };
const changes: StackEnd = { status: 'changes' };
const unchanged: StackEnd = { status: 'unchanged' };

async function reportOf(
  command: string,
  outcomeOf: (stack: Stack, index: number) => StackOutcome,
  tree?: Parameters<typeof load>[0],
): Promise<Report> {
  const plan = await runPlanOf(command, tree);
  return report(plan, stacksOf(plan).map(outcomeOf), context);
}

/** A repository with many stacks, each of its own. */
function wideTree(count: number): Parameters<typeof load>[0] {
  const tree: Record<string, string> = {};
  for (let index = 0; index < count; index += 1) {
    for (const environment of ['dev', 'production']) {
      const directory = `layers/01-part-${index}/environments/${environment}`;
      tree[`${directory}/main.tf`] = s3Backend(`${environment}/${index}.tfstate`);
    }
  }
  return tree;
}

/** What GitHub does not read as code. */
function outsideCode(markdown: string): string {
  return markdown
    .replace(/^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm, '')
    .replace(/(?<!`)(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, '');
}

/** Folds opened and closed alike, no code left open, and no HTML but the folds. */
function wellFormed(markdown: string): void {
  const outside = outsideCode(markdown);
  expect(outside).not.toContain('`');
  expect(outside.split('<details').length).toBe(outside.split('</details>').length);
  expect(outside.replace(/<\/?(details|summary)( open)?>/g, '')).not.toMatch(/</);
}

describe('the comment', () => {
  it('shows each stack in a row, and what a plan does to it in a fold', async () => {
    const { comment } = await reportOf('plan', (stack, index) =>
      index === 0
        ? anOutcome(stack, changes, {
            changes: readPlan(JSON.parse(terraformFixture('change.json'))),
          })
        : anOutcome(stack, unchanged),
    );
    expect(comment).toContain('Terraform plan: `dev`, `production`');
    expect(comment).toMatch(/\| `01-foundation` \| `dev` \| 📝 changes \| 1 \| 3 \| 1 \| 2 \|/);
    expect(comment).toContain('- destroy terraform_data.gone');
    expect(comment.indexOf('- destroy')).toBeLessThan(comment.indexOf('! update'));
    expect(comment).toContain('forced by triggers_replace[0]');
    expect(comment).not.toContain('hunter2');
    wellFormed(comment);
  });

  it('tells of stacks that are gone and of gates that change, whatever they are called', async () => {
    const plan = await runPlanOf('plan');
    const [from] = stacksOf(plan);
    if (from === undefined) throw new Error('there is no stack');
    const problem = { code: 'deleted-stack-has-state', message: '`</details> @team gone`' };
    const told = {
      ...plan,
      findings: [{ severity: 'error', problem, fate: { kind: 'gone', from } }],
      policyDifferences: [
        { environment: 'x`<b>', setting: 'unreviewed', base: 'stop', head: 'allow' },
      ],
    } as const;
    const { comment } = report(
      told,
      stacksOf(plan).map((stack) => anOutcome(stack, unchanged)),
      context,
    );
    expect(comment).toContain('stop → allow counts after this merge');
    expect(comment).toContain('gone');
    expect(outsideCode(comment)).not.toContain('@team');
    wellFormed(comment);
  });

  it('names what a stack waits for', async () => {
    const { comment, failure } = await reportOf('plan', (stack) =>
      stack.name === 'platform'
        ? anOutcome(stack, {
            status: 'waiting',
            waitsFor: [`layers/01-foundation/environments/${stack.environment}`],
          })
        : anOutcome(stack, unchanged),
    );
    expect(comment).toMatch(/`02-platform` \| `dev` \| ⏳ waits \|.*`01-foundation\/dev`/);
    expect(failure).toBeUndefined();
  });

  it('says who holds a lock, and how it is released', async () => {
    const { comment } = await reportOf('plan', (stack, index) =>
      index > 0
        ? anOutcome(stack, unchanged)
        : anOutcome(
            stack,
            {
              status: 'failed',
              step: 'plan',
              lock: {
                ...{ id: 'abc-1', who: 'root@vm', created: undefined, operation: undefined },
                release: 'tofu force-unlock abc-1',
              },
            },
            { diagnostics: [{ severity: 'error', summary: 'locked', detail: '' }] },
          ),
    );
    expect(comment).toContain('tofu force-unlock abc-1');
    expect(comment).toContain('root@vm');
  });

  it('fits at any size, keeps what is dangerous, and says what is left out', async () => {
    const plan = await runPlanOf('plan', wideTree(300));
    const outcomes = stacksOf(plan).map((stack, index) => {
      const big = Array.from({ length: 40 }, (_, number) =>
        aResource('update', `aws_thing.t${number}`, [
          { path: 'body', before: text('x'.repeat(300)), after: text('y'.repeat(300)) },
        ]),
      );
      if (index !== 599) return anOutcome(stack, changes, { changes: changesOf(...big) });
      const destroyed = changesOf(aResource('destroy', 'aws_db_instance.main'));
      return anOutcome(stack, changes, { changes: destroyed });
    });
    const { comment, summary } = report(plan, outcomes, context);
    expect(comment.length).toBeLessThanOrEqual(commentLimit - 200);
    expect(comment).toContain('- destroy aws_db_instance.main');
    expect(comment).toMatch(/do not fit here/);
    expect(comment).toContain(context.runUrl);
    expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
    expect(summary.length).toBeGreaterThan(comment.length);
    wellFormed(comment);
    wellFormed(summary);
  });

  it('fits one plan of 10,000 resources, and one attribute of 5 MB', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      aResource('create', `terraform_data.item[${index}]`, [{ path: 'input', after: text('v') }]),
    );
    const [left, right] = ['a'.repeat(2_500_000), 'b'.repeat(2_500_000)];
    const huge = aResource('update', 'terraform_data.huge', [
      { path: 'input', before: text(`${left}-${left}`), after: text(`${left}-${right}`) },
    ]);
    const { comment } = await reportOf('plan', (stack, index) =>
      anOutcome(stack, changes, { changes: index === 0 ? changesOf(...many) : changesOf(huge) }),
    );
    expect(comment.length).toBeLessThanOrEqual(commentLimit - 200);
    expect(comment).toMatch(/… and \d+ more/);
    // The place where the values begin to differ is shown.
    expect(comment).toMatch(/a{19}-a+… \(5000003 characters\) → "?…a{19}-b+/);
    wellFormed(comment);
  });

  it('keeps hostile names and values inside their markdown', async () => {
    const evil = [
      '```\n</details><script>alert(1)</script>',
      '| a | b |\n@everyone #1',
      '<!-- infra-actions:x -->',
      '::error::owned\n##[error]owned',
      '\u202egnol\u202c',
      '`'.repeat(12),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom(...evil), fc.string({ unit: 'binary' })), {
          minLength: 1,
          maxLength: 5,
        }),
        async (names) => {
          const plan = await hostilePlan;
          const outcomes = stacksOf(plan).map((stack) =>
            anOutcome(stack, changes, {
              changes: {
                ...changesOf(
                  ...names.map((name) =>
                    aResource('replace', name, [
                      { path: name, before: text(name), after: text(name) },
                    ]),
                  ),
                ),
                outputs: names.map((name) => ({
                  name,
                  action: 'update',
                  before: text(name),
                  after: text(name),
                })),
              },
              diagnostics: names.map((name) => ({
                severity: 'error',
                summary: name,
                detail: name,
              })),
            }),
          );
          const { comment } = report(plan, outcomes, context);
          wellFormed(comment);
          expect(outsideCode(comment)).not.toMatch(/@everyone|#1\b/);
          expect(comment).not.toContain('\u202e');
        },
      ),
      { numRuns: 40 },
    );
  });
});

const hostilePlan = runPlanOf('plan');

function text(value: string): { readonly kind: 'value'; readonly value: string } {
  return { kind: 'value', value };
}

describe('the outcome of a step', () => {
  it('is a failure where a stack failed, and names what was not started', async () => {
    const plan = await runPlanOf('apply');
    const ends = await runInOrder({
      tasks: plan.stages.flatMap(({ stacks }) =>
        stacks.map(({ stack, after }) => ({ id: stack.id, dependsOn: after })),
      ),
      concurrency: 1,
      signal: new AbortController().signal,
      run: (id) => Promise.resolve({ ok: !id.includes('02-platform'), result: undefined }),
    });
    const outcomes = stacksOf(plan).map((stack) => {
      const end = ends.get(stack.id);
      if (end?.kind === 'succeeded') return anOutcome(stack, { status: 'applied' });
      if (end?.kind !== 'not-started') {
        return anOutcome(stack, { status: 'failed', step: 'apply', lock: undefined });
      }
      const why = { kind: 'upstream-failed', stacks: end.because } as const;
      return anOutcome(stack, { status: 'not-started', why });
    });
    const { failure, comment, outputs } = report(plan, outcomes, context);
    expect(failure).toContain('Failed: 02-platform/dev, 02-platform/production');
    expect(failure).toContain('Not started: service-b/dev, service-a/dev');
    expect(comment).toMatch(/`service-b` \| `dev` \| ⏸️ not started \|.*`02-platform\/dev`/);
    expect(outputs['has-changes']).toBe('true');
  });

  it('is no failure of a plan that waits, and one of an apply that cannot go on', async () => {
    const waiting = (stack: Stack): StackOutcome =>
      anOutcome(stack, { status: 'waiting', waitsFor: ['x'] });
    expect((await reportOf('plan', waiting)).failure).toBeUndefined();
    expect((await reportOf('apply', waiting)).failure).toBeDefined();
  });

  it('names drifted stacks, and does not fail because of them', async () => {
    const drift = findingsOf(aDriftedResource('aws_x.y', 'name', 'by hand'));
    const { outputs, failure } = await reportOf('drift', (stack, index) => {
      // The last one's code alone has changed.
      if (index === 2) return anOutcome(stack, changes, { drift: findingsOf() });
      return index === 1 ? anOutcome(stack, changes, { drift }) : anOutcome(stack, unchanged);
    });
    expect(JSON.parse(outputs['drifted'] ?? '')).toEqual(['layers/02-platform/environments/dev']);
    expect(failure).toBeUndefined();
  });

  it('is annotated once for a module that many stacks use', async () => {
    const at = { file: 'modules/vpc/main.tf', line: 3 };
    const { annotations } = await reportOf('plan', (stack) =>
      anOutcome(
        stack,
        { status: 'failed', step: 'plan', lock: undefined },
        { diagnostics: [{ severity: 'error', summary: 'Bad', detail: 'really', at }] },
      ),
    );
    expect(annotations).toHaveLength(1);
    expect(annotations[0]).toMatchObject({ severity: 'error', at });
  });

  it('hands on the values of outputs, and leaves them out where there is no room', async () => {
    const valuesOf = async (size: number) => {
      const { outputs } = await reportOf('apply', (stack) =>
        anOutcome(
          stack,
          { status: 'applied' },
          { outputValues: new Map([['url', 'x'.repeat(size)]]) },
        ),
      );
      const text = outputs['stacks'] ?? '';
      expect(text.length).toBeLessThan(524_288);
      const stacks = JSON.parse(text) as { readonly outputs?: { readonly url: string } }[];
      expect(stacks).toHaveLength(8);
      return stacks[0]?.outputs?.url.length;
    };
    expect(await valuesOf(5)).toBe(5);
    expect(await valuesOf(100_000)).toBeUndefined();
  });

  it('hands ids, counts and waves to the next steps as JSON', async () => {
    const { outputs } = await reportOf('plan', (stack) => anOutcome(stack, unchanged));
    expect(JSON.parse(outputs['environments'] ?? '')).toEqual(['dev', 'production']);
    expect(JSON.parse(outputs['stacks'] ?? '')).toHaveLength(8);
    expect(JSON.parse(outputs['waves'] ?? '')).toMatchObject([
      { environment: 'dev' },
      { environment: 'production' },
    ]);
    expect(outputs['has-changes']).toBe('false');
  });
});
