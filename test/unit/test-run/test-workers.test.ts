import { testWorkers } from '../../../scripts/test-workers.js';

const gibibyte = 1024 ** 3;

it('two suites share a core, since each waits for much of its time', () => {
  expect(testWorkers({ cores: 2, freeBytes: 15 * gibibyte })).toBe(4);
  expect(testWorkers({ cores: 8, freeBytes: 60 * gibibyte })).toBe(16);
});

it('memory limits them where it is short', () => {
  expect(testWorkers({ cores: 4, freeBytes: 7 * gibibyte })).toBe(3);
});

it('there is always one', () => {
  expect(testWorkers({ cores: 2, freeBytes: gibibyte })).toBe(1);
});
