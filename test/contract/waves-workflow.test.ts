import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { waveEnvironmentOf } from '../../actions/terraform-layer/waves/wave-environment.js';
import { waveJobs } from '../../actions/terraform-layer/waves/legs.js';

interface Job {
  readonly name: string;
  readonly needs?: readonly string[];
  readonly if?: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly environment?: string | { readonly name: string; readonly deployment?: boolean };
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': boolean };
  readonly strategy?: {
    readonly 'fail-fast': boolean;
    readonly matrix: { readonly include: string };
  };
  readonly steps: readonly {
    readonly uses?: string;
    readonly with?: Readonly<Record<string, unknown>>;
  }[];
}

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): unknown => parse(readFileSync(join(root, path), 'utf8'));
const workflow = read('.github/workflows/terraform-apply-waves.yml') as {
  readonly on: { readonly workflow_call: { readonly inputs: Readonly<Record<string, unknown>> } };
  readonly jobs: Readonly<Record<string, Job>>;
};
const { jobs } = workflow;
const job = (name: string): Job => {
  const found = jobs[name];
  if (found === undefined) throw new Error(`there is no job ${name}`);
  return found;
};
const waves = Array.from({ length: waveJobs }, (_, index) => `wave-${index + 1}`);
const legJobs = [...waves, 'rest'];
const passedBy = (name: string): Readonly<Record<string, unknown>> =>
  job(name).steps.find(({ uses }) => uses?.includes('/terraform-layer@') === true)?.with ?? {};
const inputsOf = (path: string): readonly string[] => {
  const { on } = read(path) as typeof workflow;
  return Object.keys(on.workflow_call.inputs);
};

describe('terraform-apply-waves.yml', () => {
  it('has a job for each wave of the output, and each waits for the gate and all before it', () => {
    expect(Object.keys(jobs)).toEqual(['plan', 'gate', ...legJobs, 'result']);
    for (const [index, name] of legJobs.entries()) {
      expect(job(name).needs).toEqual(['plan', 'gate', ...waves.slice(0, index)]);
      expect(job(name).if).toContain(`needs.gate.result == 'success'`);
      // Else a failed wave would skip all that come after it, whatever they depend on.
      expect(job(name).if).toContain('!cancelled()');
    }
    expect(job('result').needs).toEqual(['plan', 'gate', ...legJobs]);
    expect(job('result').if).toBe('always()');
  });

  it('gives each wave its own legs, and none where there are none', () => {
    for (const [index, name] of waves.entries()) {
      const legs = `fromJSON(needs.plan.outputs.legs).waves[${index}]`;
      expect(job(name).strategy).toMatchObject({
        'fail-fast': false,
        matrix: { include: `\${{ ${legs} }}` },
      });
      expect(job(name).if).toContain(`toJSON(${legs}) != '[]'`);
      expect(passedBy(name)['leg']).toBe("${{ matrix.leg || 'none' }}");
    }
    expect(passedBy('rest')['leg']).toContain('.rest.leg');
    expect(legJobs.filter((name) => 'last-leg' in passedBy(name))).toEqual(['rest']);
  });

  it('names an environment for its legs that no caller can choose, and files no deployment', () => {
    for (const name of legJobs) {
      expect(job(name).environment).toEqual({
        name: waveEnvironmentOf('${{ inputs.environment }}'),
        deployment: false,
      });
    }
    expect(job('gate').environment).toBe('${{ inputs.environment }}');
    expect(job('plan').environment).toBeUndefined();
  });

  it('gives a token for roles to the plan and the legs alone', () => {
    const withToken = Object.entries(jobs).filter(
      ([, { permissions }]) => 'id-token' in permissions,
    );
    expect(withToken.map(([name]) => name)).toEqual(['plan', ...legJobs]);
    expect(job('gate').permissions).toEqual({});
  });

  it('writes to pull requests in the one job that comes last', () => {
    const writing = Object.entries(jobs).filter(([, { permissions }]) =>
      Object.entries(permissions).some(
        ([scope, right]) => right === 'write' && scope !== 'id-token',
      ),
    );
    expect(writing.map(([name]) => name)).toEqual(['result']);
    for (const name of ['plan', ...legJobs]) expect(passedBy(name)['comment']).toBe(false);
  });

  it('lets each leg prove the gate by the name that the gate has', () => {
    for (const name of [...legJobs, 'result']) {
      expect(passedBy(name)['gate-job']).toBe(job('gate').name);
    }
  });

  it('applies a set of stacks once at a time, apart from other directories', () => {
    for (const name of ['gate', ...legJobs]) {
      const { concurrency } = job(name);
      expect(concurrency?.group).toContain('${{ inputs.environment }}');
      expect(concurrency?.group).toContain('${{ inputs.working-directory }}');
      expect(concurrency?.['cancel-in-progress']).toBe(false);
    }
    for (const name of waves) expect(job(name).concurrency?.group).toContain('${{ matrix.set }}');
  });

  it('takes what terraform-apply.yml takes, for one environment', () => {
    const single = inputsOf('.github/workflows/terraform-apply.yml');
    const own = Object.keys(workflow.on.workflow_call.inputs);
    expect([...own].sort()).toEqual(
      [
        ...single.filter((name) => name !== 'environments'),
        ...['environment', 'stacks-per-runner', 'max-parallel'],
      ].sort(),
    );
  });

  it('passes on to its plan and legs what terraform-apply.yml passes on to its own', () => {
    const { jobs: singleJobs } = read('.github/workflows/terraform-apply.yml') as typeof workflow;
    const singleOf = (name: string): readonly string[] =>
      singleJobs[name]?.steps.flatMap(({ uses, with: given }) =>
        uses?.includes('/terraform-layer@') === true ? Object.keys(given ?? {}) : [],
      ) ?? [];
    expect(singleOf('plan').length).toBeGreaterThan(10);
    expect(singleOf('plan').filter((input) => !(input in passedBy('plan')))).toEqual([]);
    for (const name of legJobs) {
      expect(singleOf('apply').filter((input) => !(input in passedBy(name)))).toEqual([]);
    }
  });
});
