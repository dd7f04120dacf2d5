import { matchesPattern, valueAt } from '../../../emulator/aws/gaps/event-pattern.js';

const event = {
  source: 'shop.orders',
  'detail-type': 'Order Created',
  resources: ['arn:a', 'arn:b'],
  detail: { state: 'paid', amount: 12, gift: false, note: null },
};

it.each<readonly [string, Record<string, unknown>, boolean]>([
  ['one of several values', { source: ['other', 'shop.orders'] }, true],
  ['another value', { source: ['other'] }, false],
  ['all fields', { source: ['shop.orders'], 'detail-type': ['Order Created'] }, true],
  ['one of two fields', { source: ['shop.orders'], 'detail-type': ['Other'] }, false],
  [
    'nested fields',
    { detail: { state: ['paid'], amount: [12], gift: [false], note: [null] } },
    true,
  ],
  ['a number as text', { detail: { amount: ['12'] } }, false],
  ['an element of a list', { resources: ['arn:b'] }, true],
  ['a prefix', { source: [{ prefix: 'shop.' }] }, true],
  ['a suffix', { source: [{ suffix: '.carts' }] }, false],
  ['anything but', { detail: { state: [{ 'anything-but': ['open', 'void'] }] } }, true],
  ['not anything but', { detail: { state: [{ 'anything-but': 'paid' }] } }, false],
  ['a field that is there', { detail: { state: [{ exists: true }] } }, true],
  ['a field that is not there', { detail: { none: [{ exists: false }] } }, true],
  ['a field below what is not there', { none: { state: ['paid'] } }, false],
])('matches %s', (_, pattern, expected) => {
  expect(matchesPattern(pattern, event)).toBe(expected);
});

it('does not pass over an operator that it does not know', () => {
  expect(() => matchesPattern({ source: [{ wildcard: 'shop.*' }] }, event)).toThrow(RangeError);
});

it('finds a value by its path', () => {
  expect(valueAt(event, '$.detail.state')).toBe('paid');
  expect(valueAt(event, '$')).toBe(event);
  expect(valueAt(event, '$.detail.none.more')).toBeUndefined();
});
