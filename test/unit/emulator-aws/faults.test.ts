import { createFaults, parseFaults } from '../../../emulator/aws/faults.js';

function codes(count: number, next: () => unknown): number {
  return Array.from({ length: count }, next).filter((fault) => fault !== undefined).length;
}

describe('fault rules', () => {
  it('fail the calls they name, and no others', () => {
    const faults = createFaults();
    faults.add([{ service: 'ecs', operation: 'UpdateService', kind: 'error' }]);
    expect(faults.next('ecs', 'UpdateService', 'json')).toMatchObject({ kind: 'answer' });
    expect(faults.next('ecs', 'DescribeServices', 'json')).toBeUndefined();
    expect(faults.next('ssm', 'UpdateService', 'json')).toBeUndefined();
  });

  it('are spent after as many calls as they say', () => {
    const faults = createFaults();
    faults.add([{ kind: 'reset', times: 2 }]);
    expect(codes(5, () => faults.next('ssm', 'GetParameter', 'json'))).toBe(2);
    expect(faults.list()).toEqual([{ kind: 'reset', times: 2, fired: 2 }]);
  });

  it('fail a share of the calls, the same ones for the same seed', () => {
    const outcomes = (seed: number): boolean[] => {
      const faults = createFaults();
      faults.add([{ kind: 'throttle', rate: 0.3 }], seed);
      return Array.from(
        { length: 500 },
        () => faults.next('s3', 'GetObject', 'rest') !== undefined,
      );
    };
    const hits = outcomes(7).filter(Boolean).length;
    expect(hits).toBeGreaterThan(100);
    expect(hits).toBeLessThan(200);
    expect(outcomes(7)).toEqual(outcomes(7));
    expect(outcomes(7)).not.toEqual(outcomes(8));
  });

  it.each([
    ['ecs', 'json', 'ThrottlingException', 400],
    ['iam', 'query', 'Throttling', 400],
    ['ec2', 'ec2', 'RequestLimitExceeded', 503],
    ['s3', 'rest', 'SlowDown', 503],
  ])('throttle %s in its own words', (service, protocol, code, httpStatus) => {
    const faults = createFaults();
    faults.add([{ kind: 'throttle' }]);
    expect(faults.next(service, 'X', protocol)).toMatchObject({ error: { code, httpStatus } });
  });

  it('may name code and status, and the first rule that fires wins', () => {
    const faults = createFaults();
    faults.add([{ kind: 'error', code: 'A', status: 502, times: 1 }, { kind: 'timeout' }]);
    expect(faults.next('x', 'Y', 'json')).toMatchObject({ error: { code: 'A', httpStatus: 502 } });
    expect(faults.next('x', 'Y', 'json')).toEqual({ kind: 'timeout', when: 'before' });
    faults.clear();
    expect(faults.next('x', 'Y', 'json')).toBeUndefined();
  });
});

describe('reading fault rules', () => {
  it('takes one, several, or several with a seed', () => {
    expect(parseFaults({ kind: 'reset' }).rules).toHaveLength(1);
    expect(parseFaults([{ kind: 'reset' }, { kind: 'error' }]).rules).toHaveLength(2);
    expect(parseFaults({ seed: 3, rules: [{ kind: 'reset' }] })).toMatchObject({ seed: 3 });
  });

  it('names every problem at once', () => {
    const read = () => parseFaults([{ kind: 'explode', rate: 2 }, { operatoin: 'x' }, 'text']);
    expect(read).toThrow(
      /rules\[0\]\.kind.*rules\[0\]\.rate.*rules\[1\]\.operatoin.*rules\[1\]\.kind.*rules\[2\]/s,
    );
  });

  it('strike before the call unless they say after', () => {
    const faults = createFaults();
    faults.add([
      { kind: 'reset', times: 1 },
      { kind: 'reset', when: 'after', afterBytes: 10, times: 1 },
      { kind: 'error', when: 'after' },
    ]);
    const next = () => faults.next('ecr', 'PutImage', 'json');
    expect(next()).toEqual({ kind: 'reset', when: 'before', afterBytes: 0 });
    expect(next()).toEqual({ kind: 'reset', when: 'after', afterBytes: 10 });
    expect(next()).toMatchObject({ kind: 'answer', when: 'after' });
  });

  it.each([
    { kind: 'reset', when: 'later' },
    { kind: 'reset', afterBytes: -1 },
    { kind: 'timeout', afterBytes: 5 },
  ])('are refused as %j', (rule) => {
    expect(() => parseFaults(rule)).toThrow(
      expect.objectContaining({ code: 'ValidationException' }) as Error,
    );
  });
});
