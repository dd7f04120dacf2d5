import {
  distinctDiagnostics,
  lockHolder,
  missingUpstreamStates,
  type Diagnostic,
} from '../../../actions/terraform-layer/terraform/diagnostics.js';
import { parseEvent } from '../../../actions/terraform-layer/terraform/events.js';
import { terraformFixture } from '../../support/terraform.js';

describe("a line of Terraform's JSON output", () => {
  const events = terraformFixture('plan-events.jsonl')
    .split('\n')
    .map((line) => parseEvent(line, 'layers/a'));

  it('becomes text for people, line by line', () => {
    expect(events.at(0)).toEqual({ kind: 'message', text: 'Terraform 1.11.4' });
    expect(events.at(-1)).toBeUndefined();
  });

  it('sums up what a plan does', () => {
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'summary', add: 2, change: 3, remove: 3 }),
    );
  });

  it('names file and line of a diagnostic from the root of the repository', () => {
    const [, line = ''] = terraformFixture('plan-error.jsonl').split('\n');
    expect(parseEvent(line, 'layers/a')).toMatchObject({
      kind: 'diagnostic',
      diagnostic: {
        severity: 'error',
        summary: 'Unsupported argument',
        at: { file: 'layers/a/bad.tf', line: 2, column: 3 },
      },
    });
  });

  it('names a file of a module where it is', () => {
    const line = JSON.stringify({
      '@message': 'Error: x',
      type: 'diagnostic',
      diagnostic: {
        severity: 'error',
        summary: 'x',
        range: { filename: '../../modules/vpc/main.tf', start: { line: 1, column: 1 } },
      },
    });
    expect(parseEvent(line, 'layers/a')).toMatchObject({
      diagnostic: { at: { file: 'modules/vpc/main.tf' } },
    });
  });

  it('tells when a resource was made', () => {
    const line = JSON.stringify({
      '@message': 'aws_vpc.this: Creation complete',
      type: 'apply_complete',
      hook: { resource: { addr: 'aws_vpc.this' }, action: 'create', id_value: 'vpc-1' },
    });
    expect(parseEvent(line, '.')).toEqual({
      kind: 'resource',
      text: 'aws_vpc.this: Creation complete',
      phase: 'complete',
      action: 'create',
      address: 'aws_vpc.this',
      id: 'vpc-1',
    });
  });

  it('tells the outputs of an apply, without the sensitive ones, and not those that a plan promises', () => {
    const outputs = (entries: unknown): string =>
      JSON.stringify({ '@message': 'Outputs: 2', type: 'outputs', outputs: entries });
    const applied = outputs({
      a: { sensitive: false, type: ['list', 'string'], value: ['x'] },
      b: { sensitive: true, type: 'string', value: 'hunter2' },
    });
    expect(parseEvent(applied, 'layers/a')).toEqual({
      kind: 'outputs',
      text: 'Outputs: 2',
      outputs: new Map<string, unknown>([
        ['a', { sensitive: false, value: ['x'] }],
        ['b', { sensitive: true }],
      ]),
    });
    const promised = outputs({ a: { sensitive: false, action: 'create' } });
    expect(parseEvent(promised, 'layers/a')).toMatchObject({ kind: 'message' });
  });

  it('is kept as it is where it is no JSON, without colours', () => {
    expect(parseEvent('\u001b[31mpanic: oh\u001b[0m', '.')).toEqual({
      kind: 'message',
      text: 'panic: oh',
    });
  });
});

function error(summary: string, rest: Partial<Diagnostic> = {}): Diagnostic {
  return { severity: 'error', summary, detail: '', ...rest };
}

describe('diagnostics', () => {
  it('are told once', () => {
    expect(distinctDiagnostics([error('a'), error('b'), error('a')])).toHaveLength(2);
  });

  it('name the holder of a lock', () => {
    const detail =
      'Error message: conflict\nLock Info:\n  ID:        0caaf468-1b01\n  Path:      x\n' +
      '  Operation: OperationTypeApply\n  Who:       root@vm\n  Version:   1.11.4\n' +
      '  Created:   2026-11-21 10:51:13 +0000 UTC\n  Info:      \n\n\nTerraform acquires';
    expect(lockHolder([error('Error acquiring the state lock', { detail })])).toEqual({
      id: '0caaf468-1b01',
      who: 'root@vm',
      operation: 'OperationTypeApply',
      created: '2026-11-21 10:51:13 +0000 UTC',
    });
    expect(lockHolder([error('another')])).toBeUndefined();
  });

  it('name the states that are not there yet, at any depth of modules', () => {
    const missing = (address: string): Diagnostic =>
      error('Unable to find remote state', { address });
    expect(
      missingUpstreamStates([
        missing('data.terraform_remote_state.network'),
        missing('module.app["x"].data.terraform_remote_state.platform[0]'),
      ]),
    ).toMatchObject({ dataNames: ['network', 'platform'], only: true });
    expect(missingUpstreamStates([missing('data.x'), error('else')])).toMatchObject({
      only: false,
    });
    expect(missingUpstreamStates([error('else')])).toBeUndefined();
  });
});
