import { formatJournal, parseJournal } from '../../../actions/terraform-layer/sidecar/journal.js';
import { formatApplied, parseApplied } from '../../../actions/terraform-layer/sidecar/ledger.js';
import { moveSidecar } from '../../../actions/terraform-layer/sidecar/move-sidecar.js';
import { intolerant, memorySidecar } from '../../support/sidecars.js';

const applied = { version: 1, sha: 'a'.repeat(40), at: '2026-01-01T00:00:00Z' } as const;
const entry = { ...applied, sha: 'b'.repeat(40), stateChangedBy: 'move' };
const journal = (address: string): string =>
  formatJournal({ version: 1, startedAt: applied.at, resources: [{ address }] });

describe('what stands beside a state that was moved', () => {
  it('goes along, and the former place says since when the state is elsewhere', async () => {
    const former = memorySidecar(
      new Map([
        ['applied', formatApplied(applied)],
        ['journal', journal('aws_sqs_queue.q')],
      ]),
    );
    const now = memorySidecar();
    await moveSidecar(former, now, { tolerate: intolerant, entry });
    expect(parseApplied(now.objects.get('applied') ?? '')).toEqual(applied);
    expect(parseApplied(former.objects.get('applied') ?? '')).toEqual(entry);
    expect(parseJournal(now.objects.get('journal') ?? '')?.resources).toHaveLength(1);
    expect(former.objects.has('journal')).toBe(false);
  });

  it('does not take the place of what is there', async () => {
    const former = memorySidecar(
      new Map([
        ['applied', formatApplied(applied)],
        ['journal', journal('aws_sqs_queue.old')],
      ]),
    );
    const own = { ...applied, sha: 'c'.repeat(40) };
    const now = memorySidecar(
      new Map([
        ['applied', formatApplied(own)],
        ['journal', journal('aws_sqs_queue.new')],
      ]),
    );
    await moveSidecar(former, now, { tolerate: intolerant, entry });
    expect(parseApplied(now.objects.get('applied') ?? '')).toEqual(own);
    expect(
      parseJournal(now.objects.get('journal') ?? '')?.resources.map(({ address }) => address),
    ).toEqual(['aws_sqs_queue.old', 'aws_sqs_queue.new']);
  });

  it('stays where the commit is not known', async () => {
    const former = memorySidecar(new Map([['applied', formatApplied(applied)]]));
    await moveSidecar(former, undefined, { tolerate: intolerant, entry: undefined });
    expect(former.changes).toEqual([]);
  });
});
