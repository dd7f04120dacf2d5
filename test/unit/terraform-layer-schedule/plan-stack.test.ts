import { MissingStates } from '../../../actions/terraform-layer/schedule/missing-states.js';
import {
  applyStack,
  missingUpstreams,
  planStack,
  type StackPorts,
} from '../../../actions/terraform-layer/schedule/stack-steps.js';
import { runStacks } from '../../../actions/terraform-layer/schedule/run-stacks.js';
import type { Stack, Workspace } from '../../../actions/terraform-layer/stacks/workspace.js';
import type { Diagnostic } from '../../../actions/terraform-layer/terraform/diagnostics.js';
import type { Terraform } from '../../../actions/terraform-layer/terraform/terraform.js';
import { layeredTree, load } from '../../support/stacks.js';
import { failed, fakeTerraform, succeeded, terraformFixture } from '../../support/terraform.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await load(layeredTree(['dev', 'production']));
});

function stackOf(displayId: string): Stack {
  const stack = workspace.stacks.find((candidate) => candidate.displayId === displayId);
  if (stack === undefined) throw new Error(displayId);
  return stack;
}

function portsOf(terraform: Terraform, signal = new AbortController().signal): StackPorts {
  return {
    terraform,
    edges: workspace.edges,
    missingStates: new MissingStates(workspace.edges),
    planDirectory: '/plans',
    hooks: {},
    signal,
    now: () => 0,
    onProgress: () => undefined,
  };
}

const missingState = (name: string): Partial<Diagnostic> => ({
  summary: 'Unable to find remote state',
  address: `data.terraform_remote_state.${name}`,
});

describe('one stack', () => {
  it('applies the very plan that it made', async () => {
    const files: string[] = [];
    const terraform = fakeTerraform({
      plan: (_, { planFile }) => {
        files.push(planFile);
        return Promise.resolve({ ...succeeded, hasChanges: true });
      },
      show: () => Promise.resolve(JSON.parse(terraformFixture('change.json'))),
      apply: (_, { planFile }) => {
        files.push(planFile);
        return Promise.resolve(succeeded);
      },
    });
    const outcome = await applyStack(stackOf('01-foundation/dev'), portsOf(terraform));
    expect(outcome.end).toEqual({ status: 'applied' });
    expect(outcome.changes.counts.destroy).toBe(2);
    expect(new Set(files).size).toBe(1);
  });

  it('is neither shown nor applied where nothing changes', async () => {
    const terraform = fakeTerraform({
      plan: () => Promise.resolve({ ...succeeded, hasChanges: false }),
    });
    const outcome = await applyStack(stackOf('01-foundation/dev'), portsOf(terraform));
    expect(outcome.end).toEqual({ status: 'unchanged' });
    expect(terraform.calls).toEqual(['init 01-foundation/dev', 'plan 01-foundation/dev']);
  });

  it('is never applied by a plan', async () => {
    const terraform = fakeTerraform();
    expect((await planStack(stackOf('01-foundation/dev'), portsOf(terraform))).end).toEqual({
      status: 'changes',
    });
    expect(terraform.calls).not.toContain('apply 01-foundation/dev');
  });

  it('waits for the stack whose state it did not find', async () => {
    const terraform = fakeTerraform({
      plan: () => Promise.resolve({ ...failed(missingState('service_b')), hasChanges: false }),
    });
    const outcome = await planStack(stackOf('service-a/dev'), portsOf(terraform));
    expect(outcome.end).toEqual({ status: 'waiting', waitsFor: [stackOf('service-b/dev').id] });
  });

  it('is not planned at all where another plan has shown that a state it reads is missing', async () => {
    const terraform = fakeTerraform({
      plan: () => Promise.resolve({ ...failed(missingState('platform')), hasChanges: false }),
    });
    const ports = portsOf(terraform);
    await planStack(stackOf('service-b/dev'), ports);
    const outcome = await planStack(stackOf('service-a/dev'), ports);
    expect(outcome.end).toEqual({
      status: 'waiting',
      waitsFor: ['02-platform/dev', 'service-b/dev'].map((id) => stackOf(id).id),
    });
    expect(terraform.calls).not.toContain('init service-a/dev');
  });

  it('names in the end all that it waits for, also what was not known at its turn', async () => {
    const terraform = fakeTerraform({
      plan: () => Promise.resolve({ ...failed(missingState('platform')), hasChanges: false }),
    });
    const ports = portsOf(terraform);
    const outcome = await planStack(stackOf('service-a/dev'), ports);
    await planStack(stackOf('service-b/dev'), ports);
    expect(ports.missingStates.complete(outcome).end).toEqual({
      status: 'waiting',
      waitsFor: ['02-platform/dev', 'service-b/dev'].map((id) => stackOf(id).id),
    });
  });

  it('of another environment is planned all the same', async () => {
    const terraform = fakeTerraform({
      plan: (stack) =>
        Promise.resolve(
          stack.environment === 'dev'
            ? { ...failed(missingState('platform')), hasChanges: false }
            : { ...succeeded, hasChanges: false },
        ),
    });
    const ports = portsOf(terraform);
    await planStack(stackOf('service-b/dev'), ports);
    expect((await planStack(stackOf('service-a/production'), ports)).end.status).toBe('unchanged');
  });

  it('fails where a missing state is not all that is wrong', async () => {
    const run = { ...failed(missingState('service_b'), { summary: 'other' }), hasChanges: false };
    const terraform = fakeTerraform({ plan: () => Promise.resolve(run) });
    const outcome = await planStack(stackOf('service-a/dev'), portsOf(terraform));
    expect(outcome.end).toMatchObject({ status: 'failed', step: 'plan' });
  });

  it('names every upstream where a module hides which one is missing', () => {
    const stack = stackOf('service-a/dev');
    const { diagnostics } = failed(missingState('inside_a_module'));
    const upstreams = missingUpstreams(stack, diagnostics, workspace.edges);
    expect(upstreams?.ids).toHaveLength(2);
    expect(upstreams?.certain).toBe(false);
  });

  it('names the lock that it left where it was killed', async () => {
    const terraform = fakeTerraform({
      apply: () => Promise.resolve({ ...succeeded, end: 'killed', heldLockId: 'abc-1' }),
    });
    const outcome = await applyStack(stackOf('01-foundation/dev'), portsOf(terraform));
    expect(outcome.end).toMatchObject({ status: 'failed', step: 'apply' });
    expect(outcome.diagnostics.map(({ detail }) => detail).join()).toContain('force-unlock abc-1');
  });

  it('does not apply after a cancel', async () => {
    const controller = new AbortController();
    const terraform = fakeTerraform({
      show: () => {
        controller.abort();
        return Promise.resolve({});
      },
    });
    const ports = portsOf(terraform, controller.signal);
    const outcome = await applyStack(stackOf('01-foundation/dev'), ports);
    expect(outcome.end.status).toBe('interrupted');
    expect(terraform.calls).not.toContain('apply 01-foundation/dev');
  });

  it('fails with a message where its plan cannot be read', async () => {
    const terraform = fakeTerraform({ show: () => Promise.resolve({ resource_changes: 1 }) });
    const outcome = await planStack(stackOf('01-foundation/dev'), portsOf(terraform));
    expect(outcome.end).toMatchObject({ status: 'failed', step: 'show' });
    expect(outcome.diagnostics).toHaveLength(1);
  });
});

describe('environments', () => {
  it('start when the ones before them have fully succeeded', async () => {
    const stages = (['dev', 'production'] as const).map((environment) => ({
      environment,
      after: environment === 'production' ? ['dev'] : [],
      stacks: workspace.stacks
        .filter((stack) => stack.environment === environment)
        .map((stack) => ({ stack, after: [] })),
    }));
    const run = (failing: string) =>
      runStacks({
        stages,
        concurrency: 3,
        signal: new AbortController().signal,
        run: (stack) =>
          Promise.resolve({
            stack,
            end:
              stack.displayId === failing
                ? { status: 'failed', step: 'apply', lock: undefined }
                : { status: 'applied' },
            changes: { resources: [], outputs: [], counts: noCounts },
            diagnostics: [],
            lines: [],
            milliseconds: 0,
          }),
        onEnd: () => Promise.resolve(),
      });
    const failedRun = await run('service-b/dev');
    expect(failedRun.map(({ end }) => end.status)).toEqual([
      ...['applied', 'applied', 'applied', 'failed'],
      ...['not-started', 'not-started', 'not-started', 'not-started'],
    ]);
    expect(failedRun[4]?.end).toMatchObject({
      why: { kind: 'upstream-failed', stacks: [stackOf('service-b/dev').id] },
    });
    expect((await run('')).every(({ end }) => end.status === 'applied')).toBe(true);
  });
});

const noCounts = { add: 0, change: 0, replace: 0, destroy: 0, import: 0, move: 0, forget: 0 };
