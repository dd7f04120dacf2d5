import { applyStack, destroyStack } from '../../../actions/terraform-layer/schedule/apply-stack.js';
import type { PutBack } from '../../../actions/terraform-layer/schedule/hooks.js';
import type { Orphan, StopReason } from '../../../actions/terraform-layer/schedule/outcome.js';
import type { StackPorts } from '../../../actions/terraform-layer/schedule/stack-steps.js';
import type { Workspace } from '../../../actions/terraform-layer/stacks/workspace.js';
import type { AppliedOutputs } from '../../../actions/terraform-layer/terraform/events.js';
import type { Terraform } from '../../../actions/terraform-layer/terraform/terraform.js';
import { planJson, portsOf, stackNamed } from '../../support/schedule.js';
import { layeredTree, load } from '../../support/stacks.js';
import { failed, fakeTerraform, succeeded, terraformFixture } from '../../support/terraform.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await load(layeredTree(['dev']));
});

function apply(
  answers: Partial<Terraform>,
  rest: Partial<StackPorts> = {},
  displayId = '01-foundation/dev',
) {
  const terraform = fakeTerraform(answers);
  const outcome = applyStack(stackNamed(workspace, displayId), portsOf(workspace, terraform, rest));
  return outcome.then((end) => ({ outcome: end, calls: terraform.calls.map(firstWord) }));
}

const firstWord = (call: string): string => call.split(' ', 1)[0] ?? '';

/** An apply that ends with these outputs. */
function endsWith(
  outputs: Readonly<Record<string, { readonly value?: unknown; readonly sensitive?: boolean }>>,
): Terraform['apply'] {
  const applied: AppliedOutputs = new Map(
    Object.entries(outputs).map(([name, { value, sensitive = false }]) => [
      name,
      sensitive ? { sensitive } : { sensitive, value },
    ]),
  );
  return (_, { onEvent }) => {
    onEvent?.({ kind: 'outputs', text: '', outputs: applied });
    return Promise.resolve(succeeded);
  };
}

const stale = failed({ summary: 'Saved plan is stale' });

describe('an apply', () => {
  it('takes the very plan that was shown', async () => {
    const files: string[] = [];
    const { outcome, calls } = await apply({
      plan: (_, { planFile }) => {
        files.push(planFile);
        return Promise.resolve({ ...succeeded, hasChanges: true });
      },
      show: (_, planFile) => {
        files.push(planFile);
        return Promise.resolve(JSON.parse(terraformFixture('change.json')) as unknown);
      },
      apply: (_, { planFile }) => {
        files.push(planFile);
        return Promise.resolve(succeeded);
      },
    });
    expect(outcome.end).toEqual({ status: 'applied' });
    expect(outcome.changes.counts.destroy).toBe(2);
    expect(files).toHaveLength(3);
    expect(new Set(files).size).toBe(1);
    expect(calls).not.toContain('planAgainst');
  });

  it('is none where nothing changes', async () => {
    const { outcome, calls } = await apply({
      plan: () => Promise.resolve({ ...succeeded, hasChanges: false }),
    });
    expect(outcome.end).toEqual({ status: 'unchanged' });
    expect(calls).toEqual(['init', 'plan']);
  });

  it('is stopped by any reason of its judge', async () => {
    const reasons: readonly StopReason[] = [{ kind: 'review' }];
    const { outcome, calls } = await apply(
      {},
      { hooks: { judge: () => Promise.resolve({ reasons, hooks: [] }) } },
    );
    expect(outcome).toMatchObject({ end: { status: 'stopped', reasons }, hooks: [] });
    expect(calls).not.toContain('apply');
  });

  it('is judged though its plan only says that there is something to do', async () => {
    const { outcome } = await apply(
      { show: () => Promise.resolve({}) },
      { hooks: { judge: () => Promise.resolve({ reasons: [{ kind: 'policy' }] }) } },
    );
    expect(outcome.end.status).toBe('stopped');
  });

  it('is none where the judge cannot judge, or the journal cannot be written', async () => {
    const broken = (): Promise<never> => Promise.reject(new Error('no access'));
    for (const hooks of [{ judge: broken }, { openJournal: broken }]) {
      const { outcome, calls } = await apply({}, { hooks });
      expect(outcome.end.status).toBe('failed');
      expect(calls).not.toContain('apply');
    }
  });

  it('tells the journal all that it does, and waits for it', async () => {
    const heard: string[] = [];
    const { outcome } = await apply(
      { apply: endsWith({ x: { value: 1 } }) },
      {
        hooks: {
          openJournal: () =>
            Promise.resolve({
              onEvent: ({ kind }) => heard.push(kind),
              close: async (end) => {
                await new Promise((resolve) => setImmediate(resolve));
                heard.push(end);
              },
            }),
        },
      },
    );
    expect(outcome.end.status).toBe('applied');
    expect(heard).toEqual(['outputs', 'succeeded']);
  });

  it('is planned and judged again where Terraform calls the plan stale, and not for ever', async () => {
    let judged = 0;
    const hooks: StackPorts['hooks'] = {
      judge: () => {
        judged += 1;
        return Promise.resolve({ reasons: judged > 1 ? [{ kind: 'review' }] : [] });
      },
    };
    const stopped = await apply({ apply: () => Promise.resolve(stale) }, { hooks });
    expect(stopped.outcome.end.status).toBe('stopped');
    const endless = await apply({ apply: () => Promise.resolve(stale) });
    expect(endless.outcome.end).toMatchObject({ status: 'failed', step: 'apply' });
    expect(endless.calls.filter((call) => call === 'apply')).toHaveLength(3);
  });

  it('is not tried again after any other error', async () => {
    const throttled = failed({ summary: 'ThrottlingException: Rate exceeded' });
    const { outcome, calls } = await apply({ apply: () => Promise.resolve(throttled) });
    expect(outcome.end).toMatchObject({ status: 'failed', step: 'apply' });
    expect(calls.filter((call) => call === 'apply')).toHaveLength(1);
  });

  it('rests on a plan made after the states that it reads were last changed', async () => {
    const platform = stackNamed(workspace, '02-platform/dev');
    let asked = 0;
    const stateVersion = (id: string): Promise<string> => {
      expect(id).toBe(platform.id);
      asked += 1;
      return Promise.resolve(asked === 1 ? 'before' : 'after');
    };
    const { outcome, calls } = await apply({}, { stateVersion }, 'service-b/dev');
    expect(outcome.end.status).toBe('applied');
    expect(calls).toEqual(['init', 'plan', 'show', 'plan', 'show', 'apply']);
    let version = 0;
    const restless = await apply(
      {},
      { stateVersion: () => Promise.resolve(String((version += 1))) },
      'service-b/dev',
    );
    expect(restless.outcome.end).toMatchObject({ status: 'failed', step: 'plan' });
    expect(restless.calls).not.toContain('apply');
  });

  it('waits for a state that is not there, by what the sidecar or the plan says', async () => {
    const platform = stackNamed(workspace, '02-platform/dev').id;
    const waiting = { status: 'waiting', waitsFor: [platform] };
    const told = await apply(
      {},
      { stateVersion: () => Promise.resolve('absent') },
      'service-b/dev',
    );
    expect(told.outcome.end).toEqual(waiting);
    expect(told.calls).toEqual(['init']);
    const run = failed({
      summary: 'Unable to find remote state',
      address: 'data.terraform_remote_state.platform',
    });
    const found = await apply(
      { plan: () => Promise.resolve({ ...run, hasChanges: false }) },
      {},
      'service-b/dev',
    );
    expect(found.outcome.end).toEqual(waiting);
  });

  it('does not begin after a cancel', async () => {
    const controller = new AbortController();
    const closed: string[] = [];
    const { outcome, calls } = await apply(
      {
        show: () => {
          controller.abort();
          return Promise.resolve({});
        },
      },
      {
        signal: controller.signal,
        hooks: {
          openJournal: () =>
            Promise.resolve({
              onEvent: () => undefined,
              close: (end) => {
                closed.push(end);
                return Promise.resolve();
              },
            }),
        },
      },
    );
    expect(outcome.end.status).toBe('interrupted');
    expect(calls).not.toContain('apply');
    expect(closed).toEqual(['interrupted']);
  });

  it('names the lock that it left where it was killed, and what releases it', async () => {
    const { outcome } = await apply({
      name: 'tofu',
      apply: () => Promise.resolve({ ...succeeded, end: 'killed', heldLockId: 'abc-1' }),
    });
    expect(outcome.end).toMatchObject({ status: 'failed', step: 'apply' });
    const details = outcome.diagnostics.map(({ detail }) => detail).join();
    expect(details).toMatch(/\btofu -chdir=\S+ force-unlock abc-1$/);
  });

  it('names the command that releases the lock of another', async () => {
    const detail = 'Lock Info:\n  ID:        abc-2\n  Who:       root@vm\n';
    const summary = 'Error acquiring the state lock';
    const { outcome } = await apply({
      name: 'tofu',
      plan: () => Promise.resolve({ ...failed({ summary, detail }), hasChanges: false }),
    });
    expect(outcome.end).toMatchObject({
      lock: { id: 'abc-2', release: `tofu -chdir=${outcome.stack.directory} force-unlock abc-2` },
    });
  });

  it('says how often a step was tried', async () => {
    const { outcome } = await apply({ init: () => Promise.resolve({ ...succeeded, attempts: 3 }) });
    expect(outcome.attempts).toBe(3);
  });
});

describe('the outputs that an apply really changed', () => {
  const json = planJson({
    same: { before: 'a', after: 'a' },
    changed: { before: 'a', after: 'b' },
    unknown: { before: 'a' },
    promised: { before: 'a', after: 'b' },
    surprise: { before: 'a', after: 'a' },
  });

  it('are those that differ, whatever the plan said', async () => {
    const after = { same: 'a', changed: 'b', unknown: 'a', promised: 'a', surprise: 'c', new: 1 };
    const { outcome, calls } = await apply({
      show: () => Promise.resolve(json),
      apply: endsWith(
        Object.fromEntries(Object.entries(after).map(([name, value]) => [name, { value }])),
      ),
    });
    expect(outcome.changedOutputs).toEqual(['changed', 'new', 'surprise']);
    expect(calls).not.toContain('outputs');
  });

  it('are asked for once where a sensitive one has readers, and no value is kept', async () => {
    const { outcome, calls } = await apply({
      show: () =>
        Promise.resolve(
          planJson({
            a: { before: 'hunter2', after: 'hunter2', sensitive: true },
            b: { before: 'hunter3', after: 'hunter3', sensitive: true },
          }),
        ),
      apply: endsWith({ a: { sensitive: true }, b: { sensitive: true } }),
      outputs: () =>
        Promise.resolve(
          new Map([
            ['a', 'hunter2'],
            ['b', 'hunter9'],
          ]),
        ),
    });
    expect(outcome.changedOutputs).toEqual(['b']);
    expect(calls.filter((call) => call === 'outputs')).toHaveLength(1);
    expect(JSON.stringify(outcome)).not.toContain('hunter');
  });

  it('are what the plan says of sensitive ones that nobody reads', async () => {
    const { outcome, calls } = await apply(
      {
        show: () =>
          Promise.resolve(
            planJson({
              a: { before: 'x', after: 'x', sensitive: true },
              b: { before: 'x', after: 'y', sensitive: true },
            }),
          ),
        apply: endsWith({ a: { sensitive: true }, b: { sensitive: true } }),
      },
      {},
      'service-a/dev',
    );
    expect(outcome.changedOutputs).toEqual(['b']);
    expect(calls).not.toContain('outputs');
  });

  it('count as changed where they cannot be read', async () => {
    const { outcome } = await apply({
      show: () => Promise.resolve(planJson({ a: { before: 'x', after: 'x', sensitive: true } })),
      apply: endsWith({ a: { sensitive: true } }),
      outputs: () => Promise.reject(new Error('no access')),
    });
    expect(outcome.changedOutputs).toEqual(['a']);
    expect(outcome.diagnostics).toMatchObject([{ severity: 'warning' }]);
  });
});

describe('a destroy', () => {
  it('applies a plan that destroys, which is judged too', async () => {
    const asked: unknown[] = [];
    const terraform = fakeTerraform({
      plan: (_, { destroy }) => {
        asked.push(destroy);
        return Promise.resolve({ ...succeeded, hasChanges: true });
      },
    });
    const stack = stackNamed(workspace, '01-foundation/dev');
    const outcome = await destroyStack(stack, portsOf(workspace, terraform));
    expect(outcome.end.status).toBe('applied');
    expect(asked).toEqual([true]);
    const stopped = await destroyStack(
      stack,
      portsOf(workspace, fakeTerraform(), {
        hooks: { judge: () => Promise.resolve({ reasons: [{ kind: 'policy' }] }) },
      }),
    );
    expect(stopped.end.status).toBe('stopped');
  });

  it('fails where a state that it reads is gone: nothing is worth waiting for', async () => {
    const run = failed({
      summary: 'Unable to find remote state',
      address: 'data.terraform_remote_state.platform',
    });
    const outcome = await destroyStack(
      stackNamed(workspace, 'service-b/dev'),
      portsOf(
        workspace,
        fakeTerraform({ plan: () => Promise.resolve({ ...run, hasChanges: false }) }),
      ),
    );
    expect(outcome.end).toMatchObject({ status: 'failed', step: 'plan' });
  });
});

describe('what a killed apply has made', () => {
  const vpc: Orphan = {
    ...{ address: 'aws_vpc.this', type: 'aws_vpc', id: 'vpc-1' },
    runUrl: undefined,
  };
  const stopped = {
    status: 'stopped',
    reasons: [{ kind: 'orphans', addresses: ['aws_vpc.this'] }],
  };

  function hooksOf(...orphans: readonly Orphan[]): StackPorts['hooks'] {
    return { orphans: () => Promise.resolve(orphans) };
  }

  /** A plan that makes, or imports, one resource. */
  function shows(type: string, importing?: { readonly id: string }): Partial<Terraform> {
    const change = {
      ...{ actions: ['create'], before: null, after: { name: 'n' }, after_unknown: {} },
      ...(importing === undefined ? {} : { importing }),
    };
    const resource = { address: `${type}.this`, mode: 'managed', type, name: 'this', change };
    return { show: () => Promise.resolve({ resource_changes: [resource] }) };
  }

  it('stops the apply whose plan would make it again', async () => {
    const { outcome, calls } = await apply(shows('aws_vpc'), { hooks: hooksOf(vpc) });
    expect(outcome).toMatchObject({ end: stopped, orphans: [vpc] });
    expect(calls).not.toContain('apply');
  });

  it('stops it too where its id is not known, and another type is made', async () => {
    const unknown = { ...vpc, id: undefined };
    const { outcome } = await apply(shows('aws_eip'), { hooks: hooksOf(unknown) });
    expect(outcome.end).toEqual(stopped);
  });

  it('does not stop an apply that imports it, and is no orphan afterwards', async () => {
    const answers = shows('aws_vpc', { id: 'vpc-1' });
    const { outcome } = await apply(answers, { hooks: hooksOf(vpc) });
    expect(outcome).toMatchObject({ end: { status: 'applied' }, orphans: [] });
  });

  it('is not taken in by the import of another one at its address', async () => {
    const twice = [vpc, { ...vpc, id: 'vpc-2' }];
    const { outcome } = await apply(shows('aws_vpc', { id: 'vpc-2' }), {
      hooks: hooksOf(...twice),
    });
    expect(outcome.end).toEqual(stopped);
  });

  it('does not stop an apply where its name can be taken once, or its create failed', async () => {
    const group = { address: 'aws_cloudwatch_log_group.this', type: 'aws_cloudwatch_log_group' };
    const named = { ...group, id: undefined, runUrl: undefined };
    const failedOne = { ...vpc, id: undefined, createFailed: true as const };
    const { outcome } = await apply(shows('aws_cloudwatch_log_group'), {
      hooks: hooksOf(named, failedOne),
    });
    expect(outcome).toMatchObject({ end: { status: 'applied' }, orphans: [] });
    // It was made, and told so: AWS would refuse it in the middle of the apply.
    const made = await apply(shows('aws_cloudwatch_log_group'), {
      hooks: hooksOf({ ...named, id: 'n' }),
    });
    expect(made.outcome.end.status).toBe('stopped');
  });

  it('stops a destroy, which would leave it behind', async () => {
    const terraform = fakeTerraform({});
    const ports = portsOf(workspace, terraform, { hooks: hooksOf(vpc) });
    const { end } = await destroyStack(stackNamed(workspace, '01-foundation/dev'), ports);
    expect(end).toEqual(stopped);
    expect(terraform.calls.map(firstWord)).toEqual(['init']);
  });

  it('stops nothing where nothing is to be done', async () => {
    const { outcome } = await apply(
      { plan: () => Promise.resolve({ ...succeeded, hasChanges: false }) },
      { hooks: hooksOf(vpc) },
    );
    expect(outcome).toMatchObject({ end: { status: 'unchanged' }, orphans: [vpc] });
  });
});

describe('a state that an earlier apply could not write', () => {
  const hooksOf = (found: PutBack): StackPorts['hooks'] => ({
    putBack: () => Promise.resolve(found),
  });
  const pending = {
    kind: 'pending',
    place: 's3://x/recovery',
    why: 'written since',
    hint: 'restore',
  } as const;

  it('is put back before the stack is planned', async () => {
    const { outcome } = await apply({}, { hooks: hooksOf({ kind: 'done', place: 'p' }) });
    expect(outcome.end.status).toBe('applied');
    expect(outcome.diagnostics).toMatchObject([{ severity: 'warning' }]);
  });

  it('stops apply and destroy before they plan where it is not', async () => {
    const { outcome, calls } = await apply({}, { hooks: hooksOf(pending) });
    const { place, why, hint } = pending;
    const end = { status: 'stopped', reasons: [{ kind: 'recovery', place, why, hint }] };
    expect(outcome.end).toEqual(end);
    expect(calls).toEqual(['init']);
    const ports = portsOf(workspace, fakeTerraform({}), { hooks: hooksOf(pending) });
    const destroyed = await destroyStack(stackNamed(workspace, '01-foundation/dev'), ports);
    expect(destroyed.end).toEqual(end);
  });

  it('stops them too where it cannot be asked for', async () => {
    const putBack = (): Promise<never> => Promise.reject(new Error('denied'));
    const { outcome, calls } = await apply({}, { hooks: { putBack } });
    expect(outcome.end).toMatchObject({ status: 'failed', step: 'plan' });
    expect(calls).toEqual(['init']);
  });
});
