import { condition, interpolate } from '../../../emulator/runner/expressions.js';

const contexts = {
  github: { token: 'ghs_x', repository: 'acme/infra', event: { number: 7, draft: false } },
  runner: { temp: '/tmp/t' },
};

describe('interpolate', () => {
  it.each([
    ['plain', 'plain'],
    ['${{ github.token }}', 'ghs_x'],
    ['${{github.repository}}/x-${{ runner.temp }}', 'acme/infra/x-/tmp/t'],
    ['${{ GitHub.Event.Number }}', '7'],
    ['${{ github.event.draft }}', 'false'],
    ['${{ github.nothing.at.all }}', ''],
    ["${{ 'it''s' }}", "it's"],
    ["${{ github.nothing || 'other' }}", 'other'],
    ["${{ github.token || 'other' }}", 'ghs_x'],
  ])('%s is %s', (template, expected) => {
    expect(interpolate(template, contexts)).toBe(expected);
  });

  it.each([
    '${{ secrets.X }}',
    '${{ toJSON(github) }}',
    '${{ github.token && github.sha }}',
    '${{ github }}',
    '${{ }}',
    '${{ github.token | github.sha }}',
  ])('refuses %s', (template) => {
    expect(() => interpolate(template, contexts)).toThrow(
      expect.objectContaining({ code: 'expression-unsupported' }) as Error,
    );
  });
});

describe('condition', () => {
  it.each([
    ['always()', 'cancelled', true],
    ['success()', 'success', true],
    ['success()', 'failure', false],
    ['failure()', 'failure', true],
    ['!cancelled()', 'failure', true],
    ['!cancelled()', 'cancelled', false],
    ['${{ failure() || cancelled() }}', 'cancelled', true],
    ['always() && !success()', 'success', false],
  ] as const)('%s in a job of status %s is %s', (expression, status, expected) => {
    expect(condition(expression, status)).toBe(expected);
  });

  it('refuses what it does not know', () => {
    expect(() => condition("github.ref == 'x'", 'success')).toThrow(
      expect.objectContaining({ code: 'expression-unsupported' }) as Error,
    );
  });
});
