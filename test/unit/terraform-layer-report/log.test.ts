import type { Logger } from '../../../actions/shared/log.js';
import { Progress } from '../../../actions/terraform-layer/report/progress.js';
import { silentLogger } from '../../support/silent-logger.js';
import { aResource, anOutcome, changesOf } from '../../support/terraform.js';
import { runPlanOf, stacksOf } from '../../support/terraform-report.js';

describe('the log', () => {
  async function logged(rest: Partial<Parameters<typeof anOutcome>[2]> = {}): Promise<string> {
    const lines: string[] = [];
    const log: Logger = {
      ...silentLogger,
      info: (message) => lines.push(message),
      group: (title, body) => {
        lines.push(title);
        return body();
      },
    };
    const [stack] = stacksOf(await runPlanOf('apply'));
    if (stack === undefined) throw new Error('no stack');
    const progress = new Progress(log, {
      command: 'apply',
      total: 1,
      redact: (text) => text.replaceAll('hunter2', '***'),
    });
    const reasons = [
      {
        kind: 'guard',
        guard: 'max-destroys',
        addresses: Array.from({ length: 100 }, (_, index) => `aws_x.y[${index}]`),
        hint: 'allow-destroy: aws_x.*',
      },
    ] as const;
    await progress.end(anOutcome(stack, { status: 'stopped', reasons }, rest));
    return lines.join('\n');
  }

  it('has all that a comment cuts short', async () => {
    const text = await logged({
      hooks: [{ hook: 'policy', passed: false, text: 'x'.repeat(50_000) }],
      orphans: [{ address: 'aws_x.z', type: 'aws_x', id: 'z-1', runUrl: undefined }],
      review: {
        verdict: 'more',
        sources: [],
        notes: ['planned on another tree'],
        differences: Array.from({ length: 100 }, (_, index) => ({
          address: `aws_x.extra[${index}]`,
          kind: 'added' as const,
          attributes: [],
          detail: '',
        })),
      },
    });
    expect(text).toContain('aws_x.y[99]');
    expect(text).toContain('aws_x.extra[99]');
    expect(text).toContain('allow-destroy: aws_x.*');
    expect(text).toContain('x'.repeat(50_000));
    expect(text).toContain('import {');
  });

  it('shows what would hide or reorder a line, and no secret', async () => {
    const text = await logged({
      lines: ['hunter2 \u202e\u200b\rgone'],
      changes: changesOf(aResource('update', 'aws_x.\u202ey', [{ path: 'a\nb' }])),
    });
    expect(text).not.toMatch(/[\u202e\u200b\r]|hunter2/);
    expect(text).toContain('\\u202e');
  });
});
