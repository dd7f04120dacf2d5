/**
 * Review equivalence over plans of real Terraform, without any provider; and the key of the digests
 * from KMS as the emulator has it.
 *
 * Needs `terraform` on the PATH.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateKeyCommand, KMSClient, type CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { execa } from 'execa';
import { compareReview } from '../../actions/terraform-layer/review/compare.js';
import { emptyState } from '../../actions/terraform-layer/review/current-state.js';
import { readPlan } from '../../actions/terraform-layer/review/plan-json.js';
import { emptyRecord } from '../../actions/terraform-layer/review/record.js';
import { recordOfPlan } from '../../actions/terraform-layer/review/record-of-plan.js';
import { awsKms, reviewKeys } from '../../actions/terraform-layer/review/review-key.js';
import type { ReviewSummary } from '../../actions/terraform-layer/review/verdict.js';
import { terraformEnvironment } from '../../scripts/terraform-environment.js';
import { sdkConfig, startTestEmulator } from '../support/emulator.js';
import { aSource, aStack, testKey } from '../support/plan-documents.js';
import { describeWhere, type Requirement } from '../support/requirement.js';

function terraformOnPath(): Requirement {
  try {
    execFileSync('terraform', ['version'], { stdio: 'ignore' });
    return { met: true };
  } catch {
    return { met: false, reason: 'terraform on the PATH' };
  }
}

/** A root module with a local state. */
class RootModule {
  constructor(readonly directory: string) {}

  async write(configuration: string): Promise<void> {
    await writeFile(path.join(this.directory, 'main.tf'), configuration);
  }

  /** Exit codes other than 0 are errors, unless `fails` says that it must fail. */
  async run(args: readonly string[], fails = false): Promise<string> {
    const result = await execa('terraform', args, {
      cwd: this.directory,
      env: { ...(await terraformEnvironment()), TF_IN_AUTOMATION: '1' },
      all: true,
      reject: false,
    });
    if ((result.exitCode !== 0) !== fails) throw new Error(result.all);
    return result.stdout;
  }

  apply(...args: readonly string[]): Promise<string> {
    return this.run(['apply', '-auto-approve', '-no-color', ...args]);
  }

  async plan(): Promise<unknown> {
    await this.run(['plan', '-out=plan', '-no-color', '-lock=false']);
    return JSON.parse(await this.run(['show', '-json', 'plan']));
  }

  /** What somebody does to the world, as a refresh would find it. */
  async changeWorld(from: string, to: string): Promise<void> {
    const file = path.join(this.directory, 'terraform.tfstate');
    const state = await readFile(file, 'utf8');
    expect(state).toContain(from);
    await writeFile(file, state.replaceAll(from, to));
  }
}

function compare(reviewed: unknown, current: unknown): ReviewSummary {
  const options = { stack: aStack, key: testKey, volatile: [] };
  const now = recordOfPlan(current, options);
  return compareReview({
    reviewed: [{ record: recordOfPlan(reviewed, options).record, source: aSource(1) }],
    current: now.record,
    state: now.state,
    policy: { unreviewed: 'stop' },
  });
}

const told = ({ verdict, differences }: ReviewSummary): readonly unknown[] => [
  verdict,
  ...differences.map(({ kind, address, attributes }) => [kind, address, ...attributes]),
];

describeWhere(terraformOnPath(), 'plans of real Terraform held against their review', () => {
  let home: string;
  let module: RootModule;

  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'review-'));
    module = new RootModule(home);
  });
  afterEach(() => rm(home, { recursive: true }));

  const item = (name: string, input: string, rest = ''): string =>
    `resource "terraform_data" "${name}" {\n  input = ${input}\n  ${rest}\n}\n`;

  /** Applies the first configuration, and reviews the plan of the second. */
  async function reviewed(before: string, after: string): Promise<unknown> {
    await module.write(before);
    await module.apply();
    await module.write(after);
    return module.plan();
  }

  it('is equivalent as long as nothing happens, with values that differ in each plan', async () => {
    const before = item('kept', '"k"') + item('gone', '"g"') + item('here', '"h"');
    const after =
      item('kept', '{ at = plantimestamp(), text = "at ${plantimestamp()}" }') +
      item('there', '"h"') +
      item('new', 'terraform_data.kept.id') +
      'moved {\n  from = terraform_data.here\n  to = terraform_data.there\n}\n' +
      'output "new" {\n  value = terraform_data.new.output\n}\n' +
      'output "password" {\n  value = "hunter2-long"\n  sensitive = true\n}\n';
    const review = await reviewed(before, after);
    const first = review as { readonly timestamp: string };
    let current = await module.plan();
    while ((current as typeof first).timestamp === first.timestamp) current = await module.plan();
    expect(told(compare(review, current))).toEqual(['equivalent']);
    expect(
      JSON.stringify(recordOfPlan(review, { stack: aStack, volatile: [] }).record),
    ).not.toMatch(/hunter2|at 20/);
  });

  it('stops when somebody has changed the world, and names the attribute', async () => {
    const review = await reviewed(
      item('queue', '{ size = "small", owner = "team-a" }'),
      item('queue', '{ size = "large", owner = "team-a" }'),
    );
    await module.changeWorld('"team-a"', '"team-z"');
    expect(told(compare(review, await module.plan()))).toEqual([
      'different',
      // Its output is worked out anew from the input, so it was to change too.
      ['values', 'terraform_data.queue', 'input.owner', 'output'],
    ]);
  });

  it('finds a half-done apply to be less, and the whole one to be nothing', async () => {
    const review = await reviewed(
      item('old', '"o"') + item('changed', '"one"') + item('again', '"a"', 'triggers_replace = 1'),
      item('changed', '"two"') + item('new', '"n"') + item('again', '"a"', 'triggers_replace = 2'),
    );
    await module.apply('-target=terraform_data.changed', '-target=terraform_data.new');
    expect(told(compare(review, await module.plan()))).toEqual([
      'less',
      ['done', 'terraform_data.changed'],
      ['done', 'terraform_data.new'],
    ]);
    await module.apply('-destroy', '-target=terraform_data.again', '-target=terraform_data.old');
    expect(told(compare(review, await module.plan()))).toEqual([
      'less',
      ['done', 'terraform_data.again'],
      ['done', 'terraform_data.changed'],
      ['done', 'terraform_data.new'],
      ['done', 'terraform_data.old'],
    ]);
    await module.apply();
    expect(told(compare(review, await module.plan()))[0]).toBe('less');
    const empty = compareReview({
      reviewed: [
        {
          record: recordOfPlan(review, { stack: aStack, key: testKey, volatile: [] }).record,
          source: aSource(1),
        },
      ],
      current: emptyRecord(aStack),
      state: emptyState,
      policy: { unreviewed: 'stop' },
    });
    expect(told(empty)).toEqual(['less']);
  });

  it('does not take another change for the reviewed one', async () => {
    const review = await reviewed(item('changed', '"one"'), item('changed', '"two"'));
    await module.write(item('changed', '"three"'));
    expect(told(compare(review, await module.plan()))).toEqual([
      'different',
      ['values', 'terraform_data.changed', 'input'],
    ]);
    await module.write(item('changed', '"one"'));
    expect(told(compare(review, await module.plan()))).toEqual([
      'different',
      ['missing', 'terraform_data.changed', 'input'],
    ]);
    await module.write(item('changed', '"two"') + item('new', '"n"'));
    expect(told(compare(review, await module.plan()))).toEqual([
      'more',
      ['added', 'terraform_data.new'],
    ]);
    await module.run(['taint', 'terraform_data.changed']);
    expect(told(compare(review, await module.plan()))[0]).toBe('different');
  });

  it('compares imports, moves, removals and tainted resources', async () => {
    const review = await reviewed(
      item('from', '"m"') + item('left', '"l"') + item('kept', '"k"'),
      'import {\n  to = terraform_data.imported\n  id = "an-id"\n}\n' +
        'resource "terraform_data" "imported" {}\n' +
        'moved {\n  from = terraform_data.from\n  to = terraform_data.to\n}\n' +
        item('to', '"m"') +
        'removed {\n  from = terraform_data.left\n  lifecycle {\n    destroy = false\n  }\n}\n' +
        item('kept', '"k"'),
    );
    expect(told(compare(review, review))).toEqual(['equivalent']);
    expect(told(compare(review, await module.plan()))).toEqual(['equivalent']);
    await module.apply('-target=terraform_data.to', '-target=terraform_data.from');
    expect(told(compare(review, await module.plan()))[0]).toBe('less');
    await module.apply();
    expect(told(compare(review, await module.plan()))).toEqual([
      'less',
      ['done', 'terraform_data.imported'],
      ['done', 'terraform_data.left'],
      ['done', 'terraform_data.to'],
    ]);
    await module.run(['taint', 'terraform_data.kept']);
    const tainted = await module.plan();
    expect(told(compare(tainted, await module.plan()))).toEqual(['equivalent']);
    await module.run(['untaint', 'terraform_data.kept']);
    expect(told(compare(tainted, await module.plan()))).toEqual([
      'different',
      ['missing', 'terraform_data.kept', 'id'],
    ]);
  });

  it('knows what a broken replacement leaves behind', async () => {
    const replaced = (trigger: number): string =>
      item(
        'replaced',
        '"s"',
        `triggers_replace = ${trigger}\n  lifecycle {\n    create_before_destroy = true\n  }`,
      ) +
      // Judged during the apply, since the id is not known before: then the old object stays.
      item(
        'reader',
        'terraform_data.replaced.id',
        `lifecycle {
    precondition {
      condition     = terraform_data.replaced.id == "" || fileexists("\${path.module}/go-on")
      error_message = "not yet"
    }
  }`,
      );
    await writeFile(path.join(home, 'go-on'), '');
    const review = await reviewed(replaced(1), replaced(2));
    await rm(path.join(home, 'go-on'));
    await module.run(['apply', '-auto-approve', '-no-color'], true);
    await writeFile(path.join(home, 'go-on'), '');
    const deposed = await module.plan();
    const anyText: unknown = expect.any(String);
    expect(readPlan(deposed).resources).toMatchObject([
      { address: 'terraform_data.replaced', kind: 'destroy', deposed: anyText },
      { address: 'terraform_data.reader', kind: 'update' },
    ]);
    expect(told(compare(review, deposed))).toEqual([
      'less',
      ['done', 'terraform_data.replaced'],
      ['done', 'terraform_data.replaced'],
    ]);
    expect(told(compare(deposed, deposed))).toEqual(['equivalent']);
    await module.apply();
    expect(told(compare(deposed, await module.plan()))).toEqual([
      'less',
      ['done', 'terraform_data.reader'],
      ['done', 'terraform_data.replaced'],
    ]);
  });

  it('guards a policy that was not known at review', async () => {
    const policies = item('role', '{ policy = terraform_data.source.output }');
    await module.write(item('source', '"anyone may"') + policies);
    const review = await module.plan();
    expect(told(compare(review, await module.plan()))).toEqual(['equivalent']);
    await module.apply('-target=terraform_data.source');
    expect(told(compare(review, await module.plan()))).toEqual([
      'different',
      ['now-known', 'terraform_data.role', 'input.policy'],
      ['done', 'terraform_data.source'],
    ]);
  });

  it('names the output of another stack that is not what it was', async () => {
    const upstream = new RootModule(await mkdtemp(path.join(tmpdir(), 'review-')));
    const outputs = (url: string): string =>
      `output "url" {\n  value = "${url}"\n}\noutput "other" {\n  value = "${url} too"\n}\n`;
    await upstream.write(outputs('https://a.example'));
    await upstream.apply();
    await module.write(
      `data "terraform_remote_state" "up" {
  backend = "local"
  config = {
    path = "${upstream.directory}/terraform.tfstate"
  }
}
resource "terraform_data" "source" {}
${item('reader', '"${terraform_data.source.id} ${data.terraform_remote_state.up.outputs.url}"')}`,
    );
    const review = await module.plan();
    expect(told(compare(review, await module.plan()))).toEqual(['equivalent']);
    await upstream.write(outputs('https://b.example'));
    await upstream.apply();
    // The value itself was not known at review, and is not now: only the digest tells.
    expect(told(compare(review, await module.plan()))).toEqual([
      'different',
      ['upstream', 'data.terraform_remote_state.up', 'url'],
    ]);
    await rm(upstream.directory, { recursive: true });
  });
});

describe('a review key in KMS', () => {
  it('is the same for everybody who may use it', async () => {
    const emulator = await startTestEmulator();
    try {
      const kms = new KMSClient(sdkConfig(emulator));
      const create = (kind: CreateKeyCommandInput) =>
        kms.send(new CreateKeyCommand(kind)).then(({ KeyMetadata: key }) => key?.KeyId ?? '');
      const hmac = await create({ KeyUsage: 'GENERATE_VERIFY_MAC', KeySpec: 'HMAC_256' });
      const keyOf = (name: string, id: string) =>
        reviewKeys('shop', () => awsKms(sdkConfig(emulator))).keyFor({ name, reviewKey: id });
      const key = await keyOf('dev', hmac);
      expect(key?.bytes).toHaveLength(32);
      expect(await keyOf('dev', hmac)).toEqual(key);
      expect((await keyOf('production', hmac))?.fingerprint).not.toBe(key?.fingerprint);
      for (const other of ['alias/none', await create({})]) {
        await expect(keyOf('dev', other)).rejects.toMatchObject({ code: 'review-key-unusable' });
      }
    } finally {
      await emulator.stop();
    }
  });
});
