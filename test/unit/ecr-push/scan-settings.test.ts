import { isExpired, parseAllowEntry } from '../../../actions/ecr-push/scan/allow-list.js';
import { reaches, toSeverity } from '../../../actions/ecr-push/scan/severity.js';
import { pushInputs } from '../../support/ecr-push-inputs.js';
import { thrownCodes } from '../../support/problem-codes.js';

function scan(inputs: Readonly<Record<string, string>>) {
  return pushInputs({ repository: 'shop/service-a', tags: 'v1', ...inputs }).scan;
}

const codes = (inputs: Readonly<Record<string, string>>) => thrownCodes(() => scan(inputs));

it('is off unless asked for', () => {
  expect(scan({})).toBeUndefined();
  expect(scan({ 'scan-fail-on': 'none', 'scan-timeout-minutes': '5' })).toBeUndefined();
});

it('waits ten minutes where nobody says how long', () => {
  expect(scan({ 'scan-fail-on': 'high' })).toEqual({
    failOn: 'high',
    timeoutMinutes: 10,
    allow: [],
  });
});

it('reads what is allowed until when and why, and leaves comments out', () => {
  const text = [
    '# looked at on 2026-01-01',
    'CVE-2026-1234 until 2026-12-31: not reachable, see #12',
    '',
    '  unsupported-image until 2026-06-30:no system in it  ',
  ].join('\n');
  expect(scan({ 'scan-fail-on': 'low', 'scan-allow': text })?.allow).toEqual([
    { id: 'CVE-2026-1234', until: '2026-12-31', reason: 'not reachable, see #12' },
    { id: 'unsupported-image', until: '2026-06-30', reason: 'no system in it' },
  ]);
});

it('tells of every line that does not say all of it', () => {
  const text = [
    'CVE-2026-1',
    'CVE-2026-2 until 2026-12-31',
    'CVE-2026-3 until 2026-12-31:',
    'CVE-2026-4 until 2026-02-30: no such day',
    'CVE-2026-5 until 31.12.2026: not a date that we read',
  ].join('\n');
  expect(codes({ 'scan-fail-on': 'low', 'scan-allow': text })).toEqual(
    Array.from({ length: 5 }, () => 'scan-allow-malformed'),
  );
});

it.each([
  ['a severity that there is not', { 'scan-fail-on': 'severe' }, 'input-not-allowed'],
  ['no time', { 'scan-fail-on': 'low', 'scan-timeout-minutes': '0' }, 'input-out-of-range'],
  [
    'an id twice',
    { 'scan-fail-on': 'low', 'scan-allow': 'A-1 until 2026-01-01: x\na-1 until 2026-01-02: y' },
    'input-duplicate-key',
  ],
  ['a list while it is off', { 'scan-allow': 'A-1 until 2026-01-01: x' }, 'input-excluded'],
])('refuses %s', (_what, inputs, code) => expect(codes(inputs)).toEqual([code]));

it('lets an entry hold to the end of its last day in UTC', () => {
  const entry = parseAllowEntry('CVE-2026-1 until 2026-03-31: later');
  if (entry === undefined) throw new Error('it is an entry');
  expect(isExpired(entry, Date.parse('2026-03-31T23:59:59.999Z'))).toBe(false);
  expect(isExpired(entry, Date.parse('2026-04-01T00:00:00Z'))).toBe(true);
});

it.each([
  ['CRITICAL', 'high', true],
  ['HIGH', 'high', true],
  ['MEDIUM', 'high', false],
  ['LOW', 'low', true],
  ['INFORMATIONAL', 'low', false],
  ['UNDEFINED', 'low', true],
  ['UNTRIAGED', 'medium', false],
  ['A_NEW_WORD', 'low', true],
] as const)('a finding that is %s, at the threshold %s: %s', (word, threshold, fails) =>
  expect(reaches(toSeverity(word), threshold)).toBe(fails),
);
