import { stderr } from 'node:process';
import { TestEnvironment } from 'jest-environment-node';

const shownLines = 60;

/** Prints the end of what the steps of a test have logged, where the test has failed. */
export default class StepLogEnvironment extends TestEnvironment {
  handleTestEvent(event) {
    if (event.name === 'test_start') this.global.stepLog = [];
    if (event.name !== 'test_fn_failure') return;
    const lines = this.global.stepLog ?? [];
    if (lines.length === 0) return;
    const title = `The last of ${lines.length} lines logged in "${event.test.name}":`;
    stderr.write([title, ...lines.slice(-shownLines), ''].join('\n'));
  }
}
