import fc from 'fast-check';
import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { report, type Report } from '../../../actions/terraform-layer/report.js';
import type { OutputChange } from '../../../actions/terraform-layer/review/changes.js';
import { readPlan } from '../../../actions/terraform-layer/review/plan-json.js';
import type { ReviewSummary } from '../../../actions/terraform-layer/review/verdict.js';
import type { StackOutcome } from '../../../actions/terraform-layer/schedule/outcome.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { s3Backend, s3RemoteState } from '../../support/stacks.js';
import { aResource, anOutcome, changesOf } from '../../support/terraform.js';
import { runPlanOf, stacksOf } from '../../support/terraform-report.js';

const context = { runUrl: 'https://github.example/run/1', commit: 'a'.repeat(40) };

/** A foundation and an application that reads its output `vpc_id`, in two environments. */
const tree = Object.fromEntries(
  ['dev', 'production'].flatMap((environment) => [
    [
      `layers/01-foundation/environments/${environment}/main.tf`,
      s3Backend(`${environment}/foundation.tfstate`),
    ],
    [
      `layers/02-app/environments/${environment}/main.tf`,
      s3Backend(`${environment}/app.tfstate`) +
        s3RemoteState('foundation', `${environment}/foundation.tfstate`) +
        'output "x" {\n  value = data.terraform_remote_state.foundation.outputs.vpc_id\n}\n',
    ],
  ]),
);

type Rest = Partial<Omit<StackOutcome, 'stack'>>;

/** A report where the stack of that name in dev ended so, and all others are unchanged. */
async function reportOf(
  command: string,
  ends: Readonly<Record<string, Rest>>,
  more: Partial<Parameters<typeof report>[2]> = {},
): Promise<Report> {
  const plan = await runPlanOf(command, tree);
  const outcomes = stacksOf(plan).map((stack) => {
    const { end = { status: 'unchanged' }, ...rest } =
      stack.environment === 'dev' ? (ends[stack.name] ?? {}) : {};
    return anOutcome(stack, end, rest);
  });
  return report(plan, outcomes, { ...context, ...more });
}

function review(rest: Partial<ReviewSummary> = {}): ReviewSummary {
  return {
    verdict: 'equivalent',
    differences: [],
    sources: [{ pullNumber: 12, sha: 'b'.repeat(40), runUrl: undefined }],
    notes: [],
    ...rest,
  };
}

const changed = changesOf(aResource('update', 'aws_x.y', [{ path: 'tags.Name' }]));

describe('an action that a change sets off', () => {
  it('is shown with what sets it off and its configuration, nothing sensitive', async () => {
    const json = {
      resource_changes: [],
      action_invocations: [
        {
          ...{ address: 'action.aws_lambda_invoke.seed', type: 'aws_lambda_invoke' },
          config_values: { function_name: 'seed', payload: 's3cr3t-value' },
          config_sensitive: { payload: true },
          config_unknown: { qualifier: true },
          lifecycle_action_trigger: {
            triggering_resource_address: 'aws_lambda_function.seed',
            action_trigger_event: 'AfterCreate',
          },
        },
      ],
    };
    const { comment, outputs } = await reportOf('plan', {
      foundation: { end: { status: 'changes' }, changes: readPlan(json) },
    });
    expect(comment).toContain('! invoke action.aws_lambda_invoke.seed');
    expect(comment).toContain('AfterCreate of aws_lambda_function.seed');
    expect(comment).toMatch(/function_name: "?seed/);
    expect(comment).toContain('1 action');
    expect(comment + JSON.stringify(outputs)).not.toContain('s3cr3t');
  });
});

describe('a stack of the next wave', () => {
  it('says what it waited for at review, and how its plan is reviewed', async () => {
    const { comment } = await reportOf('apply', {
      app: {
        end: { status: 'stopped', reasons: [{ kind: 'review' }] },
        changes: changed,
        review: review({ verdict: 'unreviewed', sources: [], waitedFor: ['01-foundation'] }),
      },
    });
    expect(comment).toMatch(/waited for `01-foundation`.*`apply-again`/);
  });
});

describe('a plan that a guard will stop', () => {
  const findings = [
    {
      kind: 'guard',
      guard: 'prevent-destroy',
      addresses: ['aws_db_instance.main'],
      hint: 'set the label "allow-destroy: aws_db_instance.main"',
    },
  ] as const;
  const guarded = (fails: boolean) =>
    reportOf('plan', {
      foundation: {
        end: { status: 'changes' },
        changes: changesOf(aResource('replace', 'aws_db_instance.main')),
        guards: { findings, fails },
      },
    });

  it('says in comment, summary and annotations what allows it, and fails', async () => {
    const told = await guarded(true);
    for (const page of [told.comment, told.summary]) {
      expect(page).toMatch(/a guard will stop it/);
      expect(page).toContain('set the label "allow-destroy: aws_db_instance.main"');
    }
    expect(told.annotations).toMatchObject([{ severity: 'error' }]);
    expect(told.annotations[0]?.message).toContain('allow-destroy: aws_db_instance.main');
    expect(told.failure).toContain('01-foundation/dev');
  });

  it('only warns where it cannot know who has allowed it', async () => {
    const told = await guarded(false);
    expect(told.annotations).toMatchObject([{ severity: 'warning' }]);
    expect(told.failure).toBeUndefined();
  });
});

describe('a stack that was judged', () => {
  it('says where it was reviewed', async () => {
    const { comment, outputs } = await reportOf('apply', {
      foundation: { end: { status: 'applied' }, changes: changed, review: review() },
    });
    expect(comment).toMatch(/🚀 applied, as reviewed in `#12`/);
    expect(JSON.parse(outputs['review'] ?? '')).toEqual([
      { id: 'layers/01-foundation/environments/dev', verdict: 'equivalent', addresses: [] },
    ]);
  });

  it('says how much of the review was done before', async () => {
    const done = { kind: 'done', attributes: [], detail: '' } as const;
    const { comment } = await reportOf('apply', {
      foundation: {
        end: { status: 'applied' },
        changes: changed,
        review: review({
          verdict: 'less',
          differences: [
            { ...done, address: 'aws_x.a' },
            { ...done, address: 'aws_x.b' },
          ],
        }),
      },
    });
    expect(comment).toMatch(/as reviewed in `#12`, less: 2 done/);
  });

  it('names what differs where it is stopped, and fails the step', async () => {
    const { comment, failure, outputs } = await reportOf('apply', {
      foundation: {
        end: { status: 'stopped', reasons: [{ kind: 'review' }] },
        changes: changed,
        review: review({
          verdict: 'different',
          differences: [
            { address: 'aws_x.y', kind: 'values', attributes: ['tags.Name'], detail: '' },
          ],
        }),
      },
    });
    expect(comment).toMatch(/✋ stopped: not as reviewed/);
    expect(comment).toContain('`aws_x.y` differs in `tags.Name`');
    expect(failure).toContain('Stopped: 01-foundation/dev');
    expect(comment).toMatch(/classDef s_stopped/);
    expect(JSON.parse(outputs['review'] ?? '')).toMatchObject([{ addresses: ['aws_x.y'] }]);
    expect(outputs['has-changes']).toBe('true');
  });

  it('says what a guard protects, and how it is allowed', async () => {
    const { comment } = await reportOf('apply', {
      foundation: {
        end: {
          status: 'stopped',
          reasons: [
            {
              kind: 'guard',
              guard: 'prevent-destroy',
              addresses: ['aws_db_instance.main'],
              hint: 'allow-destroy: aws_db_instance.main',
            },
          ],
        },
        changes: changesOf(aResource('destroy', 'aws_db_instance.main')),
      },
    });
    expect(comment).toMatch(/what a guard protects: `aws_db_instance.main`/);
    expect(comment).toContain('To allow it: `allow-destroy: aws_db_instance.main`');
  });

  it('holds what the policy and the cost command said, as code', async () => {
    const { comment } = await reportOf('plan', {
      foundation: {
        end: { status: 'changes' },
        changes: changed,
        hooks: [
          { hook: 'policy', passed: false, text: 'FAIL - bucket is public @team' },
          { hook: 'cost', passed: true, text: '+ 12 $ a month' },
        ],
      },
    });
    expect(comment).toMatch(/❌ Policy: not passed[^]*FAIL - bucket is public/);
    expect(comment).toMatch(/💰 Cost[^]*12 \$ a month/);
  });
});

describe('what an earlier apply left', () => {
  it('is named with the block that takes it in, safe to copy', async () => {
    const { comment } = await reportOf('plan', {
      foundation: {
        end: { status: 'changes' },
        changes: changed,
        orphans: [
          {
            address: 'module.a["x"].aws_s3_bucket.b[0]',
            type: 'aws_s3_bucket',
            id: 'a"\n}\n${file("/etc/passwd")}',
            runUrl: 'https://github.example/run/0',
          },
          { address: 'aws_x.unknown', type: 'aws_x', id: undefined, runUrl: undefined },
        ],
      },
    });
    expect(comment).toContain('to = module.a["x"].aws_s3_bucket.b[0]');
    expect(comment).toContain('id = "a\\"\\n}\\n$${file(\\"/etc/passwd\\")}"');
    expect(comment).toMatch(/Without a known id.*`aws_x.unknown`/);
  });
});

describe('what an apply was stopped by', () => {
  it('is named with what to do next', async () => {
    const { comment } = await reportOf('apply', {
      foundation: {
        end: {
          status: 'stopped',
          reasons: [
            { kind: 'orphans', addresses: ['aws_vpc.this'] },
            {
              ...{ kind: 'recovery', place: 's3://b/k.infra/recovery' },
              ...{ why: 'of *another* lineage', hint: 'restore recovery' },
            },
          ],
        },
        orphans: [{ address: 'aws_vpc.this', type: 'aws_vpc', id: 'vpc-1', runUrl: undefined }],
      },
    });
    expect(comment).toMatch(/does not take in: `aws_vpc.this`/);
    expect(comment).toContain('to = aws_vpc.this\n  id = "vpc-1"');
    expect(comment).toContain('forget ADDRESS');
    expect(comment).toMatch(/`s3:\/\/b\/k.infra\/recovery`: `of \*another\* lineage`/);
    expect(comment).toContain('To go on: `restore recovery`');
  });
});

const vpc: OutputChange = {
  name: 'vpc_id',
  action: 'update',
  before: { kind: 'value', value: 'vpc-1' },
  after: { kind: 'unknown' },
};

describe('outputs that change', () => {
  it('stand on the stack that changes them and on those that read them', async () => {
    const { comment } = await reportOf('plan', {
      foundation: {
        end: { status: 'changes' },
        changes: { ...changed, outputs: [vpc, { ...vpc, name: 'unread' }] },
      },
      app: {
        end: { status: 'changes' },
        changes: changed,
        plannedAgainst: [
          {
            stack: 'layers/01-foundation/environments/dev',
            outputs: ['vpc_id', 'name'],
            unknown: ['vpc_id'],
          },
        ],
      },
    });
    expect(comment).toMatch(
      /planned against the outputs of `01-foundation\/dev`: `name`; known after apply: `vpc_id`/,
    );
    expect(comment).toMatch(/`02-app` .*`vpc_id` of `01-foundation\/dev` \|/);
  });

  it('are known to a reader once they are applied', async () => {
    const { comment } = await reportOf('apply', {
      foundation: { end: { status: 'applied' }, changes: { ...changed, outputs: [vpc] } },
      app: { end: { status: 'stopped', reasons: [{ kind: 'review' }] }, changes: changed },
    });
    expect(comment).toMatch(/planned against the outputs of `01-foundation\/dev`: `vpc_id`/);
    expect(comment).not.toContain('known after apply: `vpc_id`');
    expect(comment).not.toContain('`vpc_id` of `01-foundation/dev` |');
  });

  it('stand on a reader that was not planned against them', async () => {
    const { comment } = await reportOf('plan', {
      foundation: {
        end: { status: 'changes' },
        changes: { ...changed, outputs: [vpc, { ...vpc, name: 'unread' }] },
      },
    });
    const fold = comment.slice(comment.indexOf('<details><summary>02-app/dev'));
    expect(fold).toContain('reads outputs that change, of `01-foundation/dev`');
    expect(fold).toContain('`vpc_id`');
    expect(fold).not.toContain('unread');
  });
});

const evil = [
  '\n```\n</details><script>alert(1)</script>',
  '| a | b |\n@everyone #1 owner/repo#1 GH-1',
  '<!-- infra-actions:x --> <b>',
  '::error::owned\n##[error]owned',
  'x ##[add-mask]y',
  '[link](https://evil.example) https://evil.example www.evil.example ![](x)',
  '`'.repeat(12),
  '\\`',
  '${{ github.token }}',
  '',
  '\u202egnol\u202c \u200b',
];

/** Where each text of a page stands: outside of code, a name can do harm. */
function outside(markdown: string): { readonly texts: string[]; readonly html: string[] } {
  const found = { texts: [] as string[], html: [] as string[] };
  const visit = (node: Nodes): void => {
    if (node.type === 'text') found.texts.push(node.value);
    if (node.type === 'html') found.html.push(node.value);
    if (node.type === 'image') throw new Error('an image');
    if (node.type === 'link' && node.url !== context.runUrl) throw new Error(node.url);
    if (node.type === 'heading' && node.depth !== 3) throw new Error('a heading');
    if ('children' in node) for (const child of node.children) visit(child);
  };
  visit(fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }));
  return found;
}

const mark = 'EVIL';
/** Characters that hide, reorder or move what is read. */
const unseen = /\p{Cf}|(?![\n\t])\p{Cc}/u;

function hostile(stack: Stack, names: readonly string[]): StackOutcome {
  const pick = (index: number): string => mark + (names[index % names.length] ?? '');
  const value = { kind: 'value', value: pick(0) } as const;
  return anOutcome(
    { ...stack, displayId: pick(1), environment: pick(2), directory: pick(3) },
    {
      status: 'stopped',
      reasons: [
        { kind: 'review' },
        { kind: 'policy' },
        {
          kind: 'guard',
          guard: 'max-destroys',
          addresses: names.map((_, i) => pick(i)),
          hint: pick(0),
        },
      ],
    },
    {
      changes: {
        ...changesOf(
          ...names.map((_, index) =>
            aResource('replace', pick(index), [
              {
                path: pick(index),
                before: value,
                after: { kind: 'value', value: pick(index + 1) },
              },
              {
                path: pick(index),
                lines: [
                  { sign: '-', text: pick(index) },
                  { sign: '…', text: '' },
                ],
              },
            ]),
          ),
        ),
        outputs: [{ name: pick(0), action: 'update', before: value, after: value }],
      },
      diagnostics: names.flatMap((_, index) =>
        (['error', 'warning'] as const).map((severity) => ({
          severity,
          summary: pick(index),
          detail: pick(index + 1),
          address: pick(index),
        })),
      ),
      review: review({
        verdict: 'different',
        differences: [
          { address: pick(0), kind: 'values', attributes: [pick(1)], detail: pick(2) },
          { address: pick(1), kind: 'action', attributes: [], detail: pick(0) },
        ],
        notes: [pick(0)],
      }),
      hooks: [
        { hook: 'policy', passed: false, text: pick(0) },
        { hook: 'cost', passed: true, text: pick(1) },
      ],
      orphans: [
        { address: pick(0), type: pick(1), id: pick(2), runUrl: undefined },
        { address: 'aws_x.y', type: 'aws_x', id: pick(1), runUrl: undefined },
      ],
      plannedAgainst: [{ stack: pick(0), outputs: [pick(0), pick(1)], unknown: [pick(1)] }],
      changedOutputs: [pick(2)],
    },
  );
}

describe('names and words of others', () => {
  it('stay code on every page, and are no commands in annotations', async () => {
    const plan = await runPlanOf('apply', tree);
    const name = fc.oneof(fc.constantFrom(...evil), fc.string({ unit: 'binary', maxLength: 60 }));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const outcomes = stacksOf(plan)
          .slice(0, 2)
          .map((stack) => hostile(stack, names));
        const gates = names.map((one) => ({
          ...{ environment: mark + one, setting: 'unreviewed' as const },
          ...{ base: mark + one, head: 'allow' },
        }));
        const told = report({ ...plan, policyDifferences: gates }, outcomes, context);
        for (const page of [told.comment, told.summary]) {
          const { texts, html } = outside(page);
          expect(texts.filter((text) => text.includes(mark))).toEqual([]);
          for (const tag of html) {
            expect(tag).toMatch(/^(<details( open)?><summary>[^<>]*<\/summary>|<\/details>)$/);
            expect(tag).not.toMatch(/@\w|(?<!&)#\d/);
          }
          expect(html.filter((tag) => tag.startsWith('<details')).length).toBe(
            html.filter((tag) => tag === '</details>').length,
          );
          expect(page).not.toMatch(unseen);
        }
        for (const { message } of told.annotations) {
          expect(message).not.toMatch(unseen);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('a run of very many stacks', () => {
  const wide = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [
      `layers/01-part-${index}/environments/${index % 2 === 0 ? 'dev' : 'production'}/main.tf`,
      s3Backend(`${index}.tfstate`),
    ]),
  );

  it('hands all of them to the next steps', async () => {
    const plan = await runPlanOf('plan', wide);
    const outcomes = stacksOf(plan).map((stack) =>
      anOutcome(stack, { status: 'changes' }, { changes: { ...changed, outputs: [vpc] } }),
    );
    const { outputs, annotations } = report(plan, outcomes, context);
    const size = Object.values(outputs).reduce((sum, value) => sum + value.length * 2, 0);
    expect(size).toBeLessThan(1_000_000);
    expect(JSON.parse(outputs['stacks'] ?? '')).toHaveLength(1000);
    expect(annotations).toEqual([]);
  });

  it('says so where even the short form has no room, and keeps what changes', async () => {
    const plan = await runPlanOf('plan', wide);
    const outcomes = stacksOf(plan).map((stack, index) =>
      anOutcome(
        { ...stack, directory: 'd'.repeat(1000) },
        index === 999 ? { status: 'changes' } : { status: 'unchanged' },
      ),
    );
    const { outputs, annotations } = report(plan, outcomes, context);
    const stacks = JSON.parse(outputs['stacks'] ?? '') as { readonly status: string }[];
    expect(stacks.length).toBeLessThan(1000);
    expect(stacks.some(({ status }) => status === 'changes')).toBe(true);
    expect(annotations).toMatchObject([{ severity: 'warning' }]);
  });

  it('leaves the names of sensitive outputs out', async () => {
    const { outputs } = await reportOf('plan', {
      foundation: {
        end: { status: 'changes' },
        changes: {
          ...changed,
          outputs: [vpc, { ...vpc, name: 'password', after: { kind: 'sensitive' } }],
        },
      },
    });
    expect(JSON.parse(outputs['stacks'] ?? '')).toMatchObject([
      { 'changed-outputs': ['vpc_id'] },
      {},
      {},
      {},
    ]);
  });
});
