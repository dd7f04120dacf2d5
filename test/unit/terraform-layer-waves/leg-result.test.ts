import {
  concludeLegs,
  formatLegResult,
  legResultName,
  parseLegResult,
  parseLegResultName,
  type FoundLegResult,
  type LegResult,
} from '../../../actions/terraform-layer/waves/leg-result.js';

const result = (leg: string, change: Partial<LegResult> = {}): LegResult => ({
  ...{ version: 1, leg, end: 'applied', pulls: [7] },
  stacks: [{ id: leg, status: 'applied', detail: '+1' }],
  ...change,
});

const found = (leg: string, attempt = 1, change: Partial<LegResult> = {}): FoundLegResult => ({
  ...{ leg, attempt, result: result(leg, change) },
});

describe('the name of a result', () => {
  const of = { environment: 'production', workingDirectory: 'infra' };

  it('says the leg and the attempt, for its own environment and directory', () => {
    const name = legResultName({ ...of, leg: '2-03', attempt: 4 });
    expect(parseLegResultName(name, of)).toEqual({ leg: '2-03', attempt: 4 });
    expect(parseLegResultName(name, { ...of, environment: 'staging' })).toBeUndefined();
    expect(parseLegResultName(name, { ...of, workingDirectory: '.' })).toBeUndefined();
  });

  it('is told from the name of anything else', () => {
    expect(parseLegResultName('infra-review_1.json', of)).toBeUndefined();
    const name = legResultName({ ...of, leg: 'rest', attempt: 1 });
    expect(parseLegResultName(`${name}.json`, of)).toBeUndefined();
  });
});

it('a result is read as it was written, and nothing else is one', () => {
  expect(parseLegResult(formatLegResult(result('1-01')))).toEqual(result('1-01'));
  expect(parseLegResult('{"version":1}')).toBeUndefined();
  expect(parseLegResult('no JSON')).toBeUndefined();
});

describe('the legs together', () => {
  const asked = { legCount: 2, gateAttempt: 1 };

  it('are applied where each of them is', () => {
    expect(concludeLegs([found('1-02'), found('1-01', 1, { pulls: [7, 9] })], asked)).toEqual({
      ...{ end: 'applied', missing: 0, pulls: [7, 9] },
      stacks: [
        { id: '1-01', status: 'applied', detail: '+1' },
        { id: '1-02', status: 'applied', detail: '+1' },
      ],
    });
  });

  it('are what the worst of them is', () => {
    const ends = (...all: readonly LegResult['end'][]) =>
      concludeLegs(
        all.map((end, index) => found(`1-0${index}`, 1, { end })),
        { legCount: all.length, gateAttempt: 1 },
      ).end;
    expect(ends('applied', 'next-wave')).toBe('next-wave');
    expect(ends('failed', 'next-wave')).toBe('failed');
    expect(ends('failed', 'stopped', 'applied')).toBe('stopped');
  });

  it('are not applied where one has left nothing', () => {
    expect(concludeLegs([found('1-01')], asked)).toMatchObject({ end: 'failed', missing: 1 });
    expect(concludeLegs([], asked)).toMatchObject({ end: 'failed', missing: 2, pulls: [] });
  });

  it('count as they ended last, where failed ones were run again', () => {
    const legs = [found('1-01'), found('2-01', 1, { end: 'failed' }), found('2-01', 2)];
    expect(concludeLegs(legs, asked)).toMatchObject({ end: 'applied', missing: 0 });
  });

  it('of a run that was run again as a whole are those of its last plan', () => {
    const legs = [found('1-01'), found('1-02', 1, { end: 'failed' }), found('1-01', 2)];
    expect(concludeLegs(legs, { legCount: 1, gateAttempt: 2 })).toMatchObject({
      ...{ end: 'applied', missing: 0 },
      stacks: [{ id: '1-01' }],
    });
  });

  it('stand in the order of the waves', () => {
    const legs = ['rest', '10-01', '2-01', '1-100', '1-99'].map((leg) => found(leg));
    const { stacks } = concludeLegs(legs, { legCount: 5, gateAttempt: 1 });
    expect(stacks.map(({ id }) => id)).toEqual(['1-99', '1-100', '2-01', '10-01', 'rest']);
  });
});
