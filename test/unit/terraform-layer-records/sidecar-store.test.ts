import { findRecords } from '../../../actions/terraform-layer/records/find.js';
import {
  publishBesideState,
  sidecarSource,
} from '../../../actions/terraform-layer/records/sidecar-store.js';
import { sha } from '../../support/github.js';
import {
  callsPlan,
  fakeReviewRuns,
  mergedPull,
  parseWord,
  planRun,
  recordText,
} from '../../support/review-runs.js';
import { memorySidecar } from '../../support/sidecars.js';

describe('records beside the states', () => {
  it('are found by the head and the run, each stack’s newest', async () => {
    const a = memorySidecar();
    const b = memorySidecar();
    const about = (runId: number) => ({ subjectSha: sha('2'), runId });
    await publishBesideState(a, about(11), recordText('a of 11', sha('2')));
    await publishBesideState(a, about(12), recordText('a of 12', sha('2')));
    await publishBesideState(b, about(11), recordText('b of 11', sha('2')));
    // Written by whoever may write there, in the name of a run that leaves no records.
    await publishBesideState(b, about(13), recordText('forged', sha('2')));
    const stacks = [
      { id: 'a/dev', sidecar: a },
      { id: 'b/dev', sidecar: b },
    ];
    const { runs } = fakeReviewRuns({
      pulls: { [sha('3')]: [mergedPull({ number: 1 })] },
      runs: [planRun({ id: 11 }), planRun({ id: 12 }), planRun({ id: 13, calls: [] })],
    });
    const found = await findRecords(
      {
        commits: [sha('3')],
        applyAgain: undefined,
        workflow: { kind: 'calls', path: callsPlan },
        thisRun: { id: 99, event: 'push', sha: sha('3') },
        parse: parseWord,
      },
      { runs, source: sidecarSource(stacks) },
    );
    expect(found.records.map(({ record }) => record)).toEqual(['b of 11', 'a of 12']);
    expect(found.refused).toMatchObject([{ runId: 13, reason: 'other-workflow' }]);
  });
});
